package postgresql

import "strings"

const (
	operatorBytes = "+-*/<>=~!@#%^&|`?"
	// signedOperators are what an operator must have one of to end in + or -.
	signedOperators = "~!@#%^&|`?"
	maxOperator     = 63
)

// operator passes over an operator: as many of its bytes as there are, up to a comment; but one that ends in + or -, and is
// one of SQL's otherwise, leaves these to what follows.
func (l *lexer) operator() kind {
	rest := l.text[l.at:]
	if l.at < l.signsUntil {
		l.at++
		return kind(rest[0])
	}
	n := 0
	for n < len(rest) && strings.IndexByte(operatorBytes, rest[n]) >= 0 {
		if n > 0 && (rest[n-1:n+1] == "--" || rest[n-1:n+1] == "/*") {
			n--
			break
		}
		n++
	}
	if n == 0 {
		l.fail(l.at, "a character that SQL doesn't know")
		return endToken
	}
	if op := rest[:n]; n > 1 && (op[n-1] == '+' || op[n-1] == '-') && !strings.ContainsAny(op, signedOperators) {
		// Looking at the rest again for each of its signs would take quadratic time.
		l.signsUntil = l.at + n
		n = max(1, len(strings.TrimRight(op, "+-")))
	}
	if n > maxOperator {
		l.fail(l.at, "an operator of more than 63 characters")
		return endToken
	}
	l.at += n
	return operatorKind(rest[:n])
}

func operatorKind(op string) kind {
	if len(op) == 1 && strings.IndexByte("+-*/%^<>=", op[0]) >= 0 {
		return kind(op[0])
	}
	switch op {
	case "<=":
		return lessEqualToken
	case ">=":
		return greaterEqualToken
	case "<>", "!=":
		return notEqualToken
	case "=>":
		return arrowToken
	}
	return operatorToken
}
