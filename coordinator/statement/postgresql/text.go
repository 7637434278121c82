package postgresql

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// textConstant reads a string constant. Its value isn't there if it isn't one.
func (p *parser) textConstant() *tree.Literal {
	t := p.token()
	if !t.isString() {
		p.unexpected()
		return &tree.Literal{}
	}
	p.advance()
	end := int(t.end)
	var value string
	source := p.source(t)
	switch t.kind {
	case dollarStringToken:
		tag := strings.IndexByte(source[1:], '$') + 2
		value = source[tag : len(source)-tag]
	case escapedStringToken:
		value = p.unescaped(int(t.start), source[1:])
	case unicodeStringToken:
		value, end = p.unicodeText(t)
	default:
		value = quotedText(source)
	}
	n := p.literals.next()
	n.Span, n.Value = tree.Span{Start: int(t.start), End: end}, value
	return n
}

// pieces returns what stands between the quotes of a string constant, which may be in several pieces on several lines.
func pieces(source string, escapes bool) []string {
	l := lexer{text: source}
	var list []string
	for next := 0; next >= 0; next = l.continuation() {
		l.at = next
		l.skipQuoted('\'', escapes)
		list = append(list, source[next+1:l.at-1])
	}
	return list
}

// quotedText returns the text of a string constant without escapes.
func quotedText(source string) string {
	inner := source[1 : len(source)-1]
	// There is one piece if there is no line break.
	if strings.ContainsAny(inner, "\r\n") {
		inner = strings.Join(pieces(source, false), "")
	}
	if strings.IndexByte(inner, '\'') < 0 {
		return inner
	}
	return strings.ReplaceAll(inner, "''", "'")
}

// unescaped returns the text of E'…', without the E; at is where it stands.
func (p *parser) unescaped(at int, source string) string {
	if strings.IndexByte(source, '\\') < 0 {
		return quotedText(source)
	}
	var e escapes
	for _, piece := range pieces(source, true) {
		e.read(piece)
	}
	if e.bad || !utf8.Valid(e.out) || bytes.IndexByte(e.out, 0) >= 0 {
		p.stop(at, "a string has an escape that isn't valid", false)
	}
	if e.versioned {
		p.stop(at, `the escape \v, which is another character for some servers`, true)
	}
	return string(e.out)
}

// escapes reads the text of E'…'.
type escapes struct {
	text string
	at   int
	out  []byte
	// high is the first half of a surrogate pair whose second half has to follow.
	high rune
	bad  bool
	// versioned says that there is a \v, which is a letter for PostgreSQL 15 and a vertical tab for later ones.
	versioned bool
}

func (e *escapes) read(text string) {
	e.text, e.at = text, 0
	for e.at < len(text) {
		c := text[e.at]
		e.at++
		switch {
		case c == '\\' && e.at < len(text):
			e.escape()
		case c == '\'':
			e.at++ // the second one of two
			e.bytes(c)
		default:
			e.bytes(c)
		}
	}
	e.bad = e.bad || e.high != 0
}

func (e *escapes) bytes(c ...byte) {
	e.bad = e.bad || e.high != 0
	e.out = append(e.out, c...)
}

func (e *escapes) escape() {
	c := e.text[e.at]
	e.at++
	switch c {
	case 'b':
		e.bytes('\b')
	case 'f':
		e.bytes('\f')
	case 'n':
		e.bytes('\n')
	case 'r':
		e.bytes('\r')
	case 't':
		e.bytes('\t')
	case 'v':
		e.versioned = true
	case 'u':
		e.rune(4)
	case 'U':
		e.rune(8)
	case 'x':
		if n := e.digits(16, 2); n >= 0 {
			e.bytes(byte(n))
		} else {
			e.bytes('x')
		}
	case '0', '1', '2', '3', '4', '5', '6', '7':
		e.at--
		e.bytes(byte(e.digits(8, 3)))
	default:
		e.bytes(c)
	}
}

// digits reads up to most digits; -1 if there are none.
func (e *escapes) digits(base, most int) rune {
	n, from := rune(0), e.at
	for e.at < len(e.text) && e.at < from+most {
		d := hexValue(e.text[e.at])
		if d < 0 || d >= base {
			break
		}
		n = n*rune(base) + rune(d)
		e.at++
	}
	if e.at == from {
		return -1
	}
	return n
}

// rune reads the digits of a character, all of them.
func (e *escapes) rune(digits int) {
	from := e.at
	r := e.digits(16, digits)
	if e.at-from != digits {
		e.bad = true
		return
	}
	e.out, e.high, e.bad = appendUnit(e.out, e.high, r, e.bad)
}

// appendUnit appends the character r, or notes that it is the first half of a pair, or completes the pair.
func appendUnit(out []byte, high, r rune, bad bool) ([]byte, rune, bool) {
	switch {
	case high != 0:
		whole := utf16.DecodeRune(high, r)
		return utf8.AppendRune(out, whole), 0, bad || whole == utf8.RuneError
	case 0xD800 <= r && r < 0xDC00:
		return out, r, bad
	case r <= 0 || !utf8.ValidRune(r):
		return out, 0, true
	}
	return utf8.AppendRune(out, r), 0, bad
}

func hexValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case isHexDigit(c):
		return int(c|0x20-'a') + 10
	}
	return -1
}

// unicodeText returns the text of U&'…' or U&"…", and where it ends: with the UESCAPE that comes next.
func (p *parser) unicodeText(t token) (string, int) {
	source, end, escape := p.source(t)[2:], int(t.end), byte('\\')
	var inner string
	if t.kind == unicodeStringToken {
		inner = quotedText(source)
	} else {
		inner = unquoted(source, '"')
	}
	if p.acceptWord("uescape") {
		escape = p.escapeByte()
		end = p.end()
	}
	if strings.IndexByte(inner, escape) < 0 {
		return inner, end
	}
	value, ok := unicodeUnescaped(inner, escape)
	if !ok {
		p.stop(int(t.start), "a Unicode escape isn't valid", false)
	}
	return value, end
}

// escapeByte reads the constant after UESCAPE.
func (p *parser) escapeByte() byte {
	t := p.token()
	value := p.textConstant().Value
	text, ok := value.(string)
	if !ok || t.kind == unicodeStringToken || len(text) != 1 || isHexDigit(text[0]) || isSpace(text[0]) || strings.Contains(`+'"`, text) {
		p.stop(int(t.start), "a Unicode escape character isn't valid", false)
		return '\\'
	}
	return text[0]
}

// unicodeUnescaped replaces \0041 and \+000041, where the backslash is escape, and doubled it stands for itself.
func unicodeUnescaped(text string, escape byte) (string, bool) {
	e := escapes{text: text}
	for e.at < len(text) {
		c := text[e.at]
		e.at++
		switch {
		case c != escape:
			e.bytes(c)
		case e.at < len(text) && text[e.at] == escape:
			e.at++
			e.bytes(escape)
		case e.at < len(text) && text[e.at] == '+':
			e.at++
			e.rune(6)
		default:
			e.rune(4)
		}
	}
	return string(e.out), !e.bad && e.high == 0
}
