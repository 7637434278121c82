package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// level is how tightly an operator binds; 0 is no operator.
type level uint8

// The levels, from the loosest, in the order of the server's grammar.
const (
	noLevel level = iota
	levelOr
	levelAnd
	levelNot
	levelIs         // IS and its like; doesn't associate
	levelComparison // < > = <= >= <>; doesn't associate
	levelMatch      // BETWEEN IN LIKE ILIKE SIMILAR; doesn't associate
	levelOperator   // all other operators, OPERATOR(…)
	levelSum        // + -
	levelProduct    // * / %
	levelPower      // ^
	levelAt         // AT TIME ZONE
	levelCollate
	levelSign // + - as a prefix
	levelCast // ::
)

// form is which of the grammar's two kinds of expressions is read.
type form uint8

const (
	// whole is any expression.
	whole form = iota
	// simple is one without AND, OR, NOT, IN and their like: the lower end of BETWEEN, for instance, where AND isn't an
	// operator.
	simple
)

// expression reads any expression.
func (p *parser) expression() tree.Expr { return p.climb(noLevel, whole) }

// climb reads an expression whose infix operators bind at least as tightly as least does.
func (p *parser) climb(least level, f form) tree.Expr {
	p.enter(1)
	before := p.beginChain()
	e := p.extend(p.operand(f), least, f)
	p.endChain(before)
	p.leave(1)
	return e
}

// extend reads the infix and postfix operators that follow left, with their right sides.
func (p *parser) extend(left tree.Expr, least level, f form) tree.Expr {
	// An operator that doesn't associate can't follow right behind one of its own level.
	spent := noLevel
	for {
		l := p.infix(f)
		switch {
		case l == noLevel || l < least:
			return left
		case l == spent:
			p.unexpected()
			return left
		}
		below := p.beginLink()
		left, spent = p.apply(left, l, f)
		p.endLink(below)
	}
}

// infix returns how tightly the current token binds as an infix or postfix operator.
func (p *parser) infix(f form) level {
	switch t := p.token(); t.kind {
	case wordToken:
		if t.keyword == 0 {
			return noLevel
		}
		return p.wordInfix(f)
	case '<', '>', '=', lessEqualToken, greaterEqualToken, notEqualToken:
		return levelComparison
	case '+', '-':
		return levelSum
	case '*', '/', '%':
		return levelProduct
	case '^':
		return levelPower
	case operatorToken:
		return levelOperator
	case castToken:
		return levelCast
	}
	return noLevel
}

// wordInfix is infix for keywords.
func (p *parser) wordInfix(f form) level {
	l := noLevel
	switch p.word() {
	case "operator":
		if p.ahead(1).kind == '(' {
			return levelOperator
		}
	case "is":
		next := 1
		if p.wordAhead(next) == "not" {
			next++
		}
		if word := p.wordAhead(next); f == whole || word == "distinct" || word == "document" {
			l = levelIs
		}
	case "isnull", "notnull":
		l = levelIs
	case "and":
		l = levelAnd
	case "or":
		l = levelOr
	case "between", "in", "like", "ilike", "similar":
		l = p.match(0)
	case "not":
		l = p.match(1)
	case "at":
		if word := p.wordAhead(1); word == "time" || word == "local" {
			l = levelAt
		}
	case "collate":
		l = levelCollate
	default:
		return noLevel
	}
	// Most of these words can also name an output column, without AS before them.
	if f == simple && l != levelIs || p.endsTarget(p.ahead(1)) && p.token().labels() {
		return noLevel
	}
	return l
}

// match returns levelMatch if the token n places on is an operator of that level. SIMILAR alone is part of SUBSTRING.
func (p *parser) match(n int) level {
	switch p.wordAhead(n) {
	case "between", "in", "like", "ilike":
		return levelMatch
	case "similar":
		if p.wordAhead(n+1) == "to" {
			return levelMatch
		}
	}
	return noLevel
}

// labels reports whether a token can name an output column without AS before it.
func (t token) labels() bool { return t.isName() && keywords[t.keyword].labels }

// endsTarget reports whether a token can stand behind an output column, and so can't begin an operand.
func (p *parser) endsTarget(t token) bool {
	switch t.kind {
	case endToken, ',', ')', ';':
		return true
	case wordToken:
		switch keywords[t.keyword].word {
		case "from", "into", "where", "group", "having", "window", "union", "intersect", "except", "order", "limit",
			"offset", "fetch", "for", "returning", "on":
			return true
		}
	}
	return false
}

// operand reads prefix operators and what they stand before.
func (p *parser) operand(f form) tree.Expr {
	start := p.start()
	switch t := p.token(); {
	case t.kind == '+' || t.kind == '-':
		return p.prefixed(start, p.source(t), levelSign, f)
	case t.kind == operatorToken:
		return p.prefixed(start, p.source(t), levelOperator+1, f)
	case t.kind != wordToken || t.keyword == 0:
	case p.word() == "not" && f == whole:
		return p.prefixed(start, "NOT", levelNot, f)
	case p.word() == "operator" && p.ahead(1).kind == '(':
		op := p.operatorName()
		n := &tree.Unary{Op: op.text(), X: p.climb(levelOperator+1, f)}
		n.Span = p.since(start)
		return n
	}
	return p.primary(f)
}

func (p *parser) prefixed(start int, op string, least level, f form) tree.Expr {
	p.advance()
	n := &tree.Unary{Op: op, X: p.climb(least, f)}
	n.Span = p.since(start)
	return n
}

// expressions reads expressions with commas between them.
func (p *parser) expressions() []tree.Expr {
	list := []tree.Expr{p.expression()}
	for p.accept(',') {
		list = append(list, p.expression())
	}
	return list
}
