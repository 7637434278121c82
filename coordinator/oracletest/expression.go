package oracletest

import "strings"

// expression is a node of a statement's model: a column, a value, or a form with arguments and perhaps a query.
type expression struct {
	kind kind
	// form is the SQL, with {} for each argument in order and {q} for the query. Without one the node is a leaf.
	form  string
	args  []*expression
	query *query

	aggregate bool // it is an aggregate

	leaf            *leaf
	qualifier, name string // a column
}

// form returns an expression of a form. Its parts are put into parentheses where its form says so.
func form(k kind, sql string, args ...*expression) *expression {
	return &expression{kind: k, form: sql, args: args}
}

// bare returns an expression that is only words.
func bare(k kind, sql string) *expression { return form(k, sql) }

func (e *expression) write(w *writer) {
	switch {
	case e.leaf != nil:
		w.leaf(e.leaf)
		return
	case e.name != "":
		w.qualified(e.qualifier, e.name)
		return
	}
	rest, next := e.form, 0
	for {
		at := strings.IndexByte(rest, '{')
		if at < 0 {
			w.put(rest)
			return
		}
		w.put(rest[:at])
		if strings.HasPrefix(rest[at:], "{q}") {
			e.query.write(w)
			rest = rest[at+3:]
			continue
		}
		e.args[next].write(w)
		next++
		rest = rest[at+2:]
	}
}

// both joins conditions with AND; nil counts as none.
func both(a, b *expression) *expression {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	default:
		return form(boolean, "{} and {}", a.enclosed(), b.enclosed())
	}
}

// enclosed returns e in parentheses if it is an AND, OR or NOT, which bind weaker than what stands beside it.
func (e *expression) enclosed() *expression {
	switch e.form {
	case "{} or {}", "{} and {}", "not {}":
		return form(e.kind, "({})", e)
	}
	return e
}
