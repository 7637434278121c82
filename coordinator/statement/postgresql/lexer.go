package postgresql

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// lexer splits a text into tokens as PostgreSQL's scanner does.
type lexer struct {
	text   string
	at     int
	tokens []token
	err    *tree.Error
	// signsUntil is up to where each + and - is an operator of its own.
	signsUntil int
}

// lex returns the tokens of a text, without white space and comments, and with an endToken.
func lex(text string) ([]token, *tree.Error) {
	l := lexer{text: text, tokens: make([]token, 0, len(text)/4+8)}
	for l.skipSpace(); l.at < len(text) && l.err == nil; l.skipSpace() {
		start := l.at
		t := token{start: int32(start), kind: l.next()}
		t.end = int32(l.at)
		if t.kind == wordToken {
			t.keyword = keywordOf(text[start:l.at])
		}
		l.tokens = append(l.tokens, t)
	}
	l.tokens = append(l.tokens, token{start: int32(len(text)), end: int32(len(text)), kind: endToken})
	return l.tokens, l.err
}

// fail ends the text here; the first error counts.
func (l *lexer) fail(at int, detail string) {
	if l.err == nil {
		l.err = &tree.Error{Offset: at, Detail: detail}
	}
	l.at = len(l.text)
}

// peek returns the byte n places on, 0 at the end. A text has no NUL bytes.
func (l *lexer) peek(n int) byte {
	if l.at+n < len(l.text) {
		return l.text[l.at+n]
	}
	return 0
}

// skipSpace passes over white space and comments.
func (l *lexer) skipSpace() {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case isSpace(c):
			l.at++
		case c == '-' && l.peek(1) == '-':
			l.skipLine()
		case c == '/' && l.peek(1) == '*':
			l.skipComment()
		default:
			return
		}
	}
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
func (l *lexer) skipComment() {
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
			return
		}
	}
	l.fail(start, "a comment has no end")
}

// next passes over the token that begins here and returns its kind.
func (l *lexer) next() kind {
	c := l.text[l.at]
	switch {
	case isNameStart(c):
		if k, ok := l.prefixed(c); ok {
			return k
		}
		for isNamePart(l.peek(0)) {
			l.at++
		}
		return wordToken
	case isDigit(c), c == '.' && isDigit(l.peek(1)):
		return l.number()
	}
	switch c {
	case '\'':
		l.skipString(0, false)
		return stringToken
	case '"':
		l.skipName()
		return nameToken
	case '$':
		return l.dollar()
	case '(', ')', '[', ']', ',', ';':
		l.at++
		return kind(c)
	case '.':
		return l.symbol(c, '.', rangeToken)
	case ':':
		if l.peek(1) == '=' {
			l.at += 2
			return assignToken
		}
		return l.symbol(c, ':', castToken)
	}
	return l.operator()
}

// symbol passes over c, or over c and second, which is then of the kind both.
func (l *lexer) symbol(c, second byte, both kind) kind {
	l.at++
	if l.peek(0) == second {
		l.at++
		return both
	}
	return kind(c)
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isNamePart(c byte) bool { return isNameStart(c) || isDigit(c) || c == '$' }
