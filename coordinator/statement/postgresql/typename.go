package postgresql

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// typeName reads a type with its array bounds.
func (p *parser) typeName() tree.TypeName {
	start := p.start()
	p.acceptWord("setof")
	t := p.simpleType()
	switch {
	case p.acceptWord("array"):
		t.Dimensions = 1
		if p.accept('[') {
			p.want(integerToken)
			p.want(']')
		}
	default:
		for p.accept('[') {
			p.accept(integerToken)
			p.want(']')
			t.Dimensions++
		}
	}
	t.Span = p.since(start)
	return t
}

// simpleType reads a type without array bounds.
func (p *parser) simpleType() tree.TypeName {
	start := p.start()
	t, ok := p.builtInType()
	if !ok {
		if !p.token().isFunctionName() {
			p.unexpected()
		}
		names := []tree.Ident{p.label()}
		for p.accept('.') {
			names = append(names, p.label())
		}
		t = genericType(p.since(start), names)
		t.Modified = p.modifiers()
	}
	t.Span = p.since(start)
	return t
}

// genericType returns a type that has no grammar of its own.
func genericType(span tree.Span, names []tree.Ident) tree.TypeName {
	last := names[len(names)-1]
	t := tree.TypeName{Span: span, Name: last.Name, Qualified: len(names) > 1}
	if last.Quoted && !t.Qualified && keywordOf(last.Name) != 0 {
		// "char" isn't char, and "bit" isn't bit.
		t.Name = `"` + last.Name + `"`
	}
	return t
}

// beginsConstant reports whether a built-in type that is a keyword comes next with a constant, and so isn't a column's name.
func (p *parser) beginsConstant() bool {
	next := p.ahead(1)
	switch p.word() {
	case "bigint", "boolean", "int", "integer", "real", "smallint":
		return next.isString()
	case "double":
		return p.wordAhead(1) == "precision"
	case "national":
		return p.wordAhead(1) == "character" || p.wordAhead(1) == "char"
	case "bit", "char", "character", "nchar", "dec", "decimal", "float", "interval", "numeric", "varchar":
		return next.isString() || next.kind == '(' || p.wordAhead(1) == "varying"
	case "time", "timestamp":
		with := p.wordAhead(1) == "with" || p.wordAhead(1) == "without"
		return next.isString() || next.kind == '(' || with && p.wordAhead(2) == "time"
	}
	return false
}

// builtInType reads a type with a grammar of its own, if one comes next.
func (p *parser) builtInType() (tree.TypeName, bool) {
	word := p.word()
	t := tree.TypeName{Name: word}
	switch word {
	case "bigint", "boolean", "int", "integer", "real", "smallint":
		p.advance()
	case "double":
		if p.wordAhead(1) != "precision" {
			return t, false
		}
		p.advance()
		p.advance()
		t.Name = "double precision"
	case "dec", "decimal", "float", "numeric", "varchar":
		p.advance()
		t.Modified = p.modifiers()
	case "national":
		p.advance()
		t.Name = "national " + p.word()
		if !p.acceptWord("character") {
			p.wantWord("char")
		}
		p.varying(&t)
	case "bit", "char", "character", "nchar":
		p.advance()
		p.varying(&t)
	case "time", "timestamp":
		p.advance()
		t.Modified = p.modifiers()
		p.timeZone(&t)
	case "interval":
		p.advance()
		t.Modified = p.modifiers() || p.intervalFields()
	default:
		return t, false
	}
	return t, true
}

// varying reads what can follow a type of characters or bits.
func (p *parser) varying(t *tree.TypeName) {
	if p.acceptWord("varying") {
		t.Name += " varying"
	}
	t.Modified = p.modifiers()
}

// timeZone reads WITH TIME ZONE or WITHOUT TIME ZONE.
func (p *parser) timeZone(t *tree.TypeName) {
	for _, with := range []string{"with", "without"} {
		if p.acceptWords(with, "time") {
			p.wantWord("zone")
			t.Name += " " + with + " time zone"
		}
	}
}

// modifiers reads a type's modifiers in parentheses, which can only be constants and names.
func (p *parser) modifiers() bool {
	if !p.accept('(') {
		return false
	}
	for {
		if !p.accept('-') {
			p.accept('+')
		}
		switch t := p.token(); {
		case t.kind == integerToken, t.kind == decimalToken:
			p.advance()
		case t.isString():
			p.textConstant()
		default:
			p.columnName()
		}
		if !p.accept(',') {
			break
		}
	}
	p.want(')')
	return true
}

// intervalFields reads the fields of an interval: YEAR, DAY TO SECOND(3), ….
func (p *parser) intervalFields() bool {
	if !p.intervalField() {
		return false
	}
	if p.acceptWord("to") && !p.intervalField() {
		p.unexpected()
	}
	return true
}

func (p *parser) intervalField() bool {
	switch p.word() {
	case "second":
		p.advance()
		p.modifiers()
	case "year", "month", "day", "hour", "minute":
		p.advance()
	default:
		return false
	}
	return true
}

// typedBuiltIn reads a built-in type and its constant.
func (p *parser) typedBuiltIn() tree.Expr {
	start := p.start()
	t, _ := p.builtInType()
	t.Span = p.since(start)
	p.reach(p.depth + 1)
	n := &tree.Cast{X: p.textConstant()}
	if strings.HasPrefix(t.Name, "interval") && !t.Modified {
		t.Modified = p.intervalFields()
	}
	n.Type = t
	n.Span = p.since(start)
	return n
}
