package messages

import "strings"

// tokenKind says what a token is.
type tokenKind uint8

const (
	end       tokenKind = iota
	word                // a keyword, a name or a number
	quoted              // a literal, a quoted name, a parameter
	opening             // (
	closing             // )
	dot                 // .
	semicolon           // ;
	operator            // anything else
	// unclear stands for what PostgreSQL and SQLite, or their versions, end at different places, so that a word may be
	// text in one of them only.
	unclear
)

// longestWord is the length of the longest word that has a meaning here.
const longestWord = len("materialized")

type token struct {
	kind  tokenKind
	size  int
	lower [longestWord]byte
}

// word returns the word in lower case, or "" if it is too long to have a meaning.
func (t *token) word() string { return string(t.lower[:t.size]) }

// wordScanner walks over the tokens of an SQL text, in either dialect, and skips what is commented. It takes time in
// proportion to the text.
type wordScanner struct {
	text string
	at   int

	searched  bool // for backslashes
	backslash bool
}

func (s *wordScanner) next() token {
	t := s.text
	for s.at < len(t) {
		switch c := t[s.at]; {
		case c == ' ' || '\t' <= c && c <= '\r':
			s.at++
		case strings.HasPrefix(t[s.at:], "--"):
			if !s.skipLine() {
				return token{kind: unclear}
			}
		case strings.HasPrefix(t[s.at:], "/*"):
			if !s.skipComment() {
				return token{kind: unclear}
			}
		case isWordByte(c):
			return s.word()
		default:
			return token{kind: s.symbol(c)}
		}
	}
	return token{kind: end}
}

// symbol passes over a token that begins with c and is no word.
func (s *wordScanner) symbol(c byte) tokenKind {
	kind, clear := quoted, true
	switch c {
	case '\'', '"':
		s.skipQuoted(c)
	case '`':
		clear = s.skipBackquoted()
	case '$':
		clear = s.skipDollar()
	case '[':
		kind, clear = operator, s.skipBracket()
	default:
		s.at++
		switch c {
		case '(':
			kind = opening
		case ')':
			kind = closing
		case '.':
			kind = dot
		case ';':
			kind = semicolon
		case ']':
		default:
			kind = operator
		}
	}
	if !clear {
		return unclear
	}
	return kind
}

// word passes over a word. A number takes its decimal point along, which is no dot before a name.
func (s *wordScanner) word() token {
	begin := s.at
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		s.at++
	}
	found, rest := s.text[begin:s.at], s.text[s.at:]
	switch {
	case strings.HasPrefix(found, "\ufeff"):
		return token{kind: unclear} // a space in SQLite
	case isDigit(found[0]):
		if !isNumber(found, rest) {
			return token{kind: unclear} // PostgreSQL before 15 takes 1into for two words
		}
		if strings.HasPrefix(rest, ".") {
			s.at++
		}
		return token{kind: quoted}
	case strings.EqualFold(found, "e") && strings.HasPrefix(rest, "'") && s.hasBackslash():
		return token{kind: unclear} // only PostgreSQL has escapes, which may go on in the next literal
	}
	t := token{kind: word}
	if len(found) > longestWord {
		return t
	}
	t.size = len(found)
	for i := range t.size {
		c := found[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		t.lower[i] = c
	}
	return t
}

func (s *wordScanner) hasBackslash() bool {
	if !s.searched {
		s.searched, s.backslash = true, strings.Contains(s.text, `\`)
	}
	return s.backslash
}

// isNumber reports whether a word that begins with a digit, and that rest follows, is one number to everybody.
func isNumber(word, rest string) bool {
	tail := strings.TrimLeft(word, "0123456789_")
	switch {
	case tail == "":
		return true
	case tail[0] == 'e' || tail[0] == 'E':
		exponent := tail[1:]
		if exponent == "" {
			return strings.HasPrefix(rest, "+") || strings.HasPrefix(rest, "-")
		}
		return strings.Trim(exponent, "0123456789_") == ""
	default:
		return word[0] == '0' && strings.ContainsRune("xXoObB", rune(word[1])) &&
			strings.Trim(word[2:], "0123456789_abcdefABCDEF") == ""
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func notInName(r rune) bool { return r < 0x80 && r != ' ' && r != '.' && !isWordByte(byte(r)) }

func isWordByte(c byte) bool {
	return c == '_' || c >= 0x80 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c)
}

// skipQuoted passes over a quoted text; a doubled quote closes and opens again, which comes to the same.
func (s *wordScanner) skipQuoted(quote byte) {
	s.at++
	s.skipTo(string(quote))
}

func (s *wordScanner) skipTo(mark string) {
	if i := strings.Index(s.text[s.at:], mark); i >= 0 {
		s.at += i + len(mark)
		return
	}
	s.at = len(s.text)
}

// skipBracket passes over the "[" of a quoted name in SQLite or a subscript in PostgreSQL, whose words are then seen.
// Only if there are quotes or comments among them, it matters which of the two it is.
func (s *wordScanner) skipBracket() bool {
	s.at++
	inner, _, _ := strings.Cut(s.text[s.at:], "]")
	return !strings.ContainsAny(inner, "'\"`[") && !strings.Contains(inner, "--") && !strings.Contains(inner, "/*")
}

// skipBackquoted passes over a quoted name in SQLite. To PostgreSQL the quotes are operators, and no change can begin
// between two of these without a parenthesis or semicolon.
func (s *wordScanner) skipBackquoted() bool {
	s.at++
	inner, _, closed := strings.Cut(s.text[s.at:], "`")
	s.at += len(inner) + 1
	return closed && !strings.ContainsFunc(inner, notInName)
}

// skipLine passes over a comment to the end of the line, of which only PostgreSQL thinks that a CR makes one.
func (s *wordScanner) skipLine() bool {
	begin := s.at
	s.skipTo("\n")
	comment := strings.TrimSuffix(s.text[begin:s.at], "\n")
	return !strings.Contains(strings.TrimSuffix(comment, "\r"), "\r")
}

// skipComment passes over a comment, which PostgreSQL nests and SQLite doesn't.
func (s *wordScanner) skipComment() bool {
	s.at += 2
	begin := s.at
	s.skipTo("*/")
	return !strings.Contains(s.text[begin:s.at], "/*")
}

// skipDollar passes over "$1" or "$name". A second "$" would begin a text in PostgreSQL, which before its version 15
// also takes $1into for two words.
func (s *wordScanner) skipDollar() bool {
	s.at++
	begin := s.at
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		s.at++
	}
	name := s.text[begin:s.at]
	if name != "" && isDigit(name[0]) && strings.TrimLeft(name, "0123456789") != "" {
		return false
	}
	return !strings.HasPrefix(s.text[s.at:], "$")
}
