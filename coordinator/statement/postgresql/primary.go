package postgresql

import (
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// maxParams is how many parameters the protocol has room for.
const maxParams = 65535

// primary reads what operators stand between.
func (p *parser) primary(f form) tree.Expr {
	switch t := p.token(); t.kind {
	case '(':
		return p.grouped(p.group())
	case wordToken, nameToken, escapedNameToken:
		if e := p.special(f); e != nil {
			return e
		}
		return p.nameOrCall()
	case integerToken, decimalToken:
		p.advance()
		return p.number(t)
	case paramToken:
		p.advance()
		return p.indirect(p.param(t))
	case bitStringToken:
		p.advance()
		return &tree.Opaque{Span: p.since(int(t.start)), What: "bit string"}
	default:
		if t.isString() {
			return p.textConstant()
		}
		p.unexpected()
		return &tree.Opaque{}
	}
}

// literal returns a constant that has just been read.
func (p *parser) literal(start int, value any) *tree.Literal {
	n := p.literals.next()
	n.Span, n.Value = p.since(start), value
	return n
}

// number returns the constant that a token is.
func (p *parser) number(t token) tree.Expr {
	source := p.source(t)
	if t.kind == integerToken {
		text := source
		if len(text) > 1 && text[0] == '0' && isDigit(text[1]) {
			text = strings.TrimLeft(text[:len(text)-1], "0_") + text[len(text)-1:] // not octal
		}
		if n, err := strconv.ParseInt(text, 0, 64); err == nil {
			return p.literal(int(t.start), n)
		}
	}
	return p.literal(int(t.start), tree.Number(source))
}

// param returns the parameter that a token is.
func (p *parser) param(t token) *tree.Param {
	n, err := strconv.Atoi(p.text[t.start+1 : t.end])
	if err != nil || n < 1 || n > maxParams {
		p.stop(int(t.start), "there is no parameter "+abridged(p.source(t)), false)
	}
	param := &tree.Param{Span: tree.Span{Start: int(t.start), End: int(t.end)}, Ordinal: n}
	p.params = append(p.params, param)
	return param
}

// nameOrCall reads what begins with a name: a column, a function's call, or a type with its constant.
func (p *parser) nameOrCall() tree.Expr {
	t := p.token()
	start := int(t.start)
	if !t.isColumnName() && !t.isFunctionName() {
		p.unexpected()
		return &tree.Opaque{}
	}
	name := p.label()
	var qualifier []tree.Ident
	for p.accept('.') {
		if p.accept('*') {
			if !t.isColumnName() {
				p.unexpectedAt(t)
			}
			return &tree.Star{Span: p.since(start), Qualifier: append(qualifier, name)}
		}
		qualifier = append(qualifier, name)
		name = p.label()
	}
	switch {
	case p.kind() == '(':
		if qualifier == nil && !t.isFunctionName() {
			p.unexpectedAt(t)
		}
		return p.call(start, append(qualifier, name), true)
	case p.token().isString():
		if t.isFunctionName() {
			return p.typedConstant(start, genericType(p.since(start), append(qualifier, name)))
		}
	case !t.isColumnName():
		p.unexpectedAt(t)
	}
	n := p.columns.next()
	n.Span, n.Qualifier, n.Name = p.since(start), qualifier, name
	return p.indirect(n)
}

// unexpectedAt says that a token that has been read doesn't fit.
func (p *parser) unexpectedAt(t token) {
	p.stop(int(t.start), "unexpected "+abridged(p.source(t)), false)
}

// typedConstant reads the constant behind a type's name.
func (p *parser) typedConstant(start int, t tree.TypeName) tree.Expr {
	p.reach(p.depth + 1)
	n := &tree.Cast{X: p.textConstant(), Type: t}
	n.Span = p.since(start)
	return n
}

// indirect reads the subscripts and fields behind an operand.
func (p *parser) indirect(e tree.Expr) tree.Expr {
	if p.kind() != '[' && p.kind() != '.' {
		return e
	}
	n := &tree.Opaque{What: "field", Children: []tree.Node{e}}
	p.reach(p.deepest + 1)
	for {
		switch {
		case p.kind() == '[':
			n.What = "subscript"
			from, to := p.subscript()
			if from != nil {
				n.Children = append(n.Children, from)
			}
			if to != nil {
				n.Children = append(n.Children, to)
			}
		case !p.accept('.'):
			n.Span = p.since(e.Extent().Start)
			return n
		case p.accept('*'):
			n.What = "fields of a row"
			n.Span = p.since(e.Extent().Start)
			return n
		default:
			p.label()
		}
	}
}

// subscript reads [x] or [x:y], where x and y may be missing: they are nil then.
func (p *parser) subscript() (from, to tree.Expr) {
	p.want('[')
	if p.kind() != ':' {
		from = p.expression()
	}
	if p.accept(':') && p.kind() != ']' {
		to = p.expression()
	}
	p.want(']')
	return from, to
}
