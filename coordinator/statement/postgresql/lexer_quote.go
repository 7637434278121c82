package postgresql

import "strings"

// prefixed passes over a string or a quoted name with a letter before it, if one begins with c.
func (l *lexer) prefixed(c byte) (kind, bool) {
	next := l.peek(1)
	if next != '\'' && next != '&' {
		return 0, false
	}
	switch c | 0x20 {
	case 'e':
		if next == '\'' {
			l.skipString(1, true)
			return escapedStringToken, true
		}
	case 'b', 'x':
		if next == '\'' {
			l.skipString(1, false)
			return bitStringToken, true
		}
	case 'n':
		if next == '\'' {
			// The string is a token of its own: N'…' is the type NCHAR with a constant.
			l.at++
			return wordToken, true
		}
	case 'u':
		switch {
		case next != '&':
		case l.peek(2) == '\'':
			l.skipString(2, false)
			return unicodeStringToken, true
		case l.peek(2) == '"':
			l.at += 2
			l.skipName()
			return escapedNameToken, true
		}
	}
	return 0, false
}

// skipString passes over a constant whose quote is prefix bytes away. It goes on after its closing quote if only white space
// with a line break, and comments to the end of the line, stand before another quote; in the same manner, so that the
// backslash of a second line is an escape if the first line began with E.
func (l *lexer) skipString(prefix int, escapes bool) {
	start := l.at
	for l.at += prefix; ; {
		if !l.skipQuoted('\'', escapes) {
			l.fail(start, "a string has no end")
			return
		}
		next := l.continuation()
		if next < 0 {
			return
		}
		l.at = next
	}
}

// skipName passes over a quoted name.
func (l *lexer) skipName() {
	start := l.at
	switch {
	case !l.skipQuoted('"', false):
		l.fail(start, "a quoted name has no end")
	case l.at-start == 2:
		l.fail(start, "a quoted name is empty")
	}
}

// skipQuoted passes over what stands between quotes; a doubled quote stands for one. It returns false if there is no end.
func (l *lexer) skipQuoted(quote byte, escapes bool) bool {
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; {
		case c == '\\' && escapes:
			l.at++
		case c == quote && l.peek(1) == quote:
			l.at++
		case c == quote:
			l.at++
			return true
		}
	}
	return false
}

// continuation returns where the quote is that continues a string which has just ended, or -1.
func (l *lexer) continuation() int {
	lines := false
	for i := l.at; i < len(l.text); i++ {
		switch c := l.text[i]; {
		case c == '\n' || c == '\r':
			lines = true
		case isSpace(c):
		case c == '-' && i+1 < len(l.text) && l.text[i+1] == '-':
			end := strings.IndexAny(l.text[i:], "\r\n")
			if end < 0 {
				return -1
			}
			i += end - 1
		case c == '\'' && lines:
			return i
		default:
			return -1
		}
	}
	return -1
}

// dollar passes over "$1" or a text in dollar quotes.
func (l *lexer) dollar() kind {
	start := l.at
	l.at++
	if isDigit(l.peek(0)) {
		for isDigit(l.peek(0)) {
			l.at++
		}
		if isNameStart(l.peek(0)) {
			l.fail(start, "letters right behind a parameter")
		}
		return paramToken
	}
	if isNameStart(l.peek(0)) {
		for c := l.peek(0); isNameStart(c) || isDigit(c); c = l.peek(0) {
			l.at++
		}
	}
	if l.peek(0) != '$' {
		l.fail(start, "a dollar that begins neither a parameter nor a string")
		return endToken
	}
	l.at++
	quote := l.text[start:l.at]
	i := strings.Index(l.text[l.at:], quote)
	if i < 0 {
		l.fail(start, "a string in dollar quotes has no end")
		return endToken
	}
	l.at += i + len(quote)
	return dollarStringToken
}
