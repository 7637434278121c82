package statement

import "strings"

// skipString passes over a literal whose quote is prefix bytes away. A literal goes on after its closing quote if only
// white space with a line break, or comments to the end of the line, stand before another quote; in the same manner,
// so that the backslash of a
// second line is an escape if the first line began with E.
func (l *lexer) skipString(prefix int, escapes bool) error {
	start := l.at
	l.at += prefix
	for {
		if !l.skipQuoted('\'', escapes) {
			return malformed("an unterminated string", start)
		}
		next := l.continuation()
		if next < 0 {
			return nil
		}
		l.at = next
	}
}

// skipName passes over a quoted name.
func (l *lexer) skipName() error {
	start := l.at
	if !l.skipQuoted('"', false) {
		return malformed("an unterminated quoted name", start)
	}
	if l.at-start == 2 {
		return malformed("an empty quoted name", start)
	}
	return nil
}

// skipQuoted passes over what stands between quotes; a doubled quote stands for one.
func (l *lexer) skipQuoted(quote byte, escapes bool) bool {
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '\\' && escapes:
			l.at++
		case c == '\\' && quote == '\'' && l.peek(1) == '\'' && l.ambiguous < 0:
			l.ambiguous = l.at
		case c == quote && l.peek(1) == quote:
			l.at++
		case c == quote:
			l.at++
			return true
		}
	}
	l.at = len(l.text)
	return false
}

// continuation returns where the quote is that continues a literal which has just ended, or -1.
func (l *lexer) continuation() int {
	end := l.at
	defer func() { l.at = end }()
	lines := false
	for l.at < len(l.text) {
		switch c := l.peek(0); {
		case c == '\n' || c == '\r':
			lines = true
			l.at++
		case isSpace(c):
			l.at++
		case c == '-' && l.peek(1) == '-':
			l.skipLine()
		case c == '\'' && lines:
			return l.at
		default:
			return -1
		}
	}
	return -1
}

// skipDollar passes over "$1", a text in dollar quotes, or a dollar that is neither.
func (l *lexer) skipDollar() (tokenKind, error) {
	start := l.at
	l.at++
	if isDigit(l.peek(0)) {
		for isDigit(l.peek(0)) {
			l.at++
		}
		return parameterToken, nil
	}
	tag := l.at
	if isNameStart(l.peek(0)) {
		for c := l.peek(0); isNameStart(c) || isDigit(c); c = l.peek(0) {
			l.at++
		}
	}
	if l.peek(0) != '$' {
		l.at = tag
		return symbolToken, nil
	}
	l.at++
	quote := l.text[start:l.at]
	i := strings.Index(l.text[l.at:], quote)
	if i < 0 {
		return stringToken, malformed("an unterminated "+quote+" string", start)
	}
	l.at += i + len(quote)
	return stringToken, nil
}
