package sqlite

import (
	"strconv"

	"github.com/jackc/pgx/v5"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// parameters are a statement's, in SQLite's order.
type parameters struct {
	each  []parameter
	count int  // the highest number
	named bool // whether there is one with a name
	// mixed is a numbered parameter that stands beside a "?", if one does. SQLite gives the "?" the number after the
	// largest before it, and "$2" the next free one whatever its own, so nobody would guess the arguments right.
	mixed string
}

// parameter is numbered from 1, or named.
type parameter struct {
	number int
	name   string // without its sign
	sign   byte
}

// parametersOf reads the parameters of a prepared statement. To SQLite "$1" is a name; to everybody else it is the number.
func (c *connection) parametersOf(handle uintptr, sql string) parameters {
	n := int(sqlite3.Xsqlite3_bind_parameter_count(c.tls, handle))
	if n == 0 {
		return parameters{}
	}
	p := parameters{each: make([]parameter, n)}
	numbered, nameless := "", false
	for i := range p.each {
		name := libc.GoString(sqlite3.Xsqlite3_bind_parameter_name(c.tls, handle, int32(i+1)))
		p.each[i] = parameterOf(name, i+1)
		nameless = nameless || name == ""
		if numbered == "" && name != "" && p.each[i].number > 0 {
			numbered = name
		}
		p.named = p.named || p.each[i].number == 0
		p.count = max(p.count, p.each[i].number)
	}
	if nameless && numbered != "" && hasAnonymous(sql) { // "?3" alone leaves 1 and 2 nameless too
		p.mixed = numbered
	}
	return p
}

func parameterOf(name string, index int) parameter {
	if name == "" {
		return parameter{number: index}
	}
	if number, err := strconv.Atoi(name[1:]); err == nil && number > 0 {
		return parameter{number: number}
	}
	return parameter{name: name[1:], sign: name[0]}
}

// withoutOptions drops the options that pgx takes before the arguments. They are about PostgreSQL's protocol.
func withoutOptions(op string, args []any) ([]any, error) {
	for len(args) > 0 {
		switch args[0].(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
			args = args[1:]
		case pgx.NamedArgs, pgx.StrictNamedArgs:
			return args, nil
		case pgx.QueryRewriter:
			return nil, invalidRequest(op, "%T is a pgx.QueryRewriter, of which SQLite takes pgx.NamedArgs and pgx.StrictNamedArgs", args[0])
		default:
			return args, nil
		}
	}
	return args, nil
}

// bindAll binds args to the statement's parameters.
func (c *connection) bindAll(op string, s *statement, args []any) error {
	p := &s.parameters
	if p.mixed != "" {
		return invalidRequest(op, "the statement mixes the anonymous parameter ? with the numbered %s: number all or none", p.mixed)
	}
	if len(args) == 1 {
		switch named := args[0].(type) {
		case pgx.NamedArgs:
			return c.bindNamed(op, s, named, false)
		case pgx.StrictNamedArgs:
			return c.bindNamed(op, s, named, true)
		}
	}
	if p.named {
		return invalidRequest(op, "the statement has a named parameter: pass pgx.NamedArgs as the only argument")
	}
	if len(args) != p.count {
		return invalidRequest(op, "the statement has %d parameters and got %d arguments", p.count, len(args))
	}
	for i := range p.each {
		number := p.each[i].number
		if err := c.bindArgument(op, s, i+1, args[number-1]); err != nil {
			return argumentError(op, "argument "+strconv.Itoa(number), err)
		}
	}
	return nil
}

// bindNamed binds values by name. As with pgx, one that isn't there is NULL, unless strict.
func (c *connection) bindNamed(op string, s *statement, args map[string]any, strict bool) error {
	used := 0
	seen := map[string]bool{}
	for i, p := range s.parameters.each {
		if p.number != 0 {
			return invalidRequest(op, "the statement has a parameter without a name, number %d, and got named arguments", p.number)
		}
		value, ok := args[p.name]
		if !ok && strict {
			return invalidRequest(op, "there is no argument %q", p.name)
		}
		if ok && !seen[p.name] {
			seen[p.name] = true
			used++
		}
		if err := c.bindArgument(op, s, i+1, value); err != nil {
			return argumentError(op, "argument "+strconv.Quote(p.name), err)
		}
	}
	if strict && used != len(args) {
		return invalidRequest(op, "the statement has %d named parameters and got %d arguments", used, len(args))
	}
	return nil
}
