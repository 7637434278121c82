package statement

import "strings"

// lexer splits a text into tokens as PostgreSQL's scanner does, with standard_conforming_strings on.
type lexer struct {
	text string
	at   int
	// ambiguous is a place where a server with standard_conforming_strings off would find other tokens; -1 if none.
	ambiguous int
}

// lex returns the tokens of text, without comments, and the place where they are ambiguous, or -1.
func lex(text string) ([]token, int, error) {
	l := lexer{text: text, ambiguous: -1}
	tokens := make([]token, 0, len(text)/5+4)
	for {
		if err := l.skipSpace(); err != nil {
			return nil, 0, err
		}
		if l.at == len(text) {
			return tokens, l.ambiguous, nil
		}
		t, err := l.next()
		if err != nil {
			return nil, 0, err
		}
		tokens = append(tokens, t)
	}
}

// peek returns the byte n places on, 0 at the end. A text holds no NUL bytes.
func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.text) {
		return l.text[l.at+n]
	}
	return 0
}

// skipSpace passes over white space and comments.
func (l *lexer) skipSpace() error {
	for l.at < len(l.text) {
		switch c := l.peek(0); {
		case isSpace(c):
			l.at++
		case c == '-' && l.peek(1) == '-':
			l.skipLine()
		case c == '/' && l.peek(1) == '*':
			if err := l.skipComment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

// skipLine passes over a comment that ends with its line.
func (l *lexer) skipLine() {
	if i := strings.IndexAny(l.text[l.at:], "\r\n"); i >= 0 {
		l.at += i
		return
	}
	l.at = len(l.text)
}

// skipComment passes over a comment in slashes and stars, which may hold others.
func (l *lexer) skipComment() error {
	start := l.at
	for depth := 0; l.at < len(l.text); {
		switch {
		case l.peek(0) == '/' && l.peek(1) == '*':
			depth++
			l.at += 2
		case l.peek(0) == '*' && l.peek(1) == '/':
			depth--
			l.at += 2
		default:
			l.at++
		}
		if depth == 0 {
			return nil
		}
	}
	return malformed("an unterminated comment", start)
}

// next returns the token that begins here.
func (l *lexer) next() (token, error) {
	t := token{start: l.at}
	var err error
	switch c := l.peek(0); {
	case c == '\'':
		t.kind, err = stringToken, l.skipString(0, false)
	case c == '"':
		t.kind, err = nameToken, l.skipName()
	case (c == 'e' || c == 'E') && l.peek(1) == '\'':
		t.kind, err = stringToken, l.skipString(1, true)
	case strings.IndexByte("bBxXnN", c) >= 0 && l.peek(1) == '\'':
		t.kind, err = stringToken, l.skipString(1, false)
	case (c == 'u' || c == 'U') && l.peek(1) == '&' && l.peek(2) == '\'':
		t.kind, err = stringToken, l.skipString(2, false)
	case (c == 'u' || c == 'U') && l.peek(1) == '&' && l.peek(2) == '"':
		l.at += 2
		t.kind, err = nameToken, l.skipName()
	case isNameStart(c):
		for isNamePart(l.peek(0)) {
			l.at++
		}
		t.kind, t.word = wordToken, foldName(l.text[t.start:l.at])
	case isDigit(c), c == '.' && isDigit(l.peek(1)):
		l.skipNumber()
		t.kind = numberToken
	case c == '$':
		t.kind, err = l.skipDollar()
	default:
		l.at++
		t.kind = symbolToken
	}
	t.end = l.at
	return t, err
}

// skipNumber passes over a number. Letters right behind it are left: older servers take them for a word.
func (l *lexer) skipNumber() {
	digits := func() {
		for isDigit(l.peek(0)) || l.peek(0) == '_' && isDigit(l.peek(1)) {
			l.at++
		}
	}
	digits()
	// "1..2" is two numbers and two dots.
	if l.peek(0) == '.' && l.peek(1) != '.' {
		l.at++
		digits()
	}
	if c := l.peek(0); c == 'e' || c == 'E' {
		switch {
		case isDigit(l.peek(1)):
			l.at++
			digits()
		case (l.peek(1) == '+' || l.peek(1) == '-') && isDigit(l.peek(2)):
			l.at += 2
			digits()
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isNamePart(c byte) bool { return isNameStart(c) || isDigit(c) || c == '$' }
