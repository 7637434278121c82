package sqlite

import "strings"

// byteOrderMark is a space to SQLite where a word would begin.
const byteOrderMark = "\ufeff"

// words walks over the bare words of an SQL text: names, keywords and numbers outside comments and quotes.
type words struct {
	text  string
	at    int
	start int // where the last word began
	depth int // of parentheses
	ended int // where the first statement's semicolon is passed; 0 before
	// anonymous is whether a "?" without a number was passed.
	anonymous bool
}

// hasAnonymous reports whether sql has a parameter "?" without a number.
func hasAnonymous(sql string) bool {
	scan := words{text: sql}
	for scan.next() != "" {
		continue
	}
	return scan.anonymous
}

// next returns the next word, or "" at the end.
func (s *words) next() string {
	for s.at < len(s.text) {
		rest := s.text[s.at:]
		switch c := rest[0]; {
		case strings.HasPrefix(rest, "--"):
			s.skipPast("\n", 2)
		case strings.HasPrefix(rest, "/*"):
			s.skipPast("*/", 2)
		case c == '\'' || c == '"' || c == '`':
			s.skipPast(rest[:1], 1) // a doubled quote ends one text and begins another, which comes to the same
		case c == '[':
			s.skipPast("]", 1)
		case strings.HasPrefix(rest, byteOrderMark):
			s.at += len(byteOrderMark)
		case c == '?':
			s.at++
			s.anonymous = s.anonymous || len(rest) == 1 || rest[1] < '0' || rest[1] > '9'
		case c == ';':
			s.at++
			if s.ended == 0 {
				s.ended = s.at
			}
		case c == '(':
			s.depth++
			s.at++
		case c == ')':
			s.depth--
			s.at++
		case isWordByte(c):
			s.start = s.at
			for s.at < len(s.text) && isWordByte(s.text[s.at]) {
				s.at++
			}
			return s.text[s.start:s.at]
		default:
			s.at++
		}
	}
	s.start = len(s.text)
	return ""
}

// skipPast moves past the first end that begins after skip bytes.
func (s *words) skipPast(end string, skip int) {
	from := s.at + skip
	if i := strings.Index(s.text[from:], end); i >= 0 {
		s.at = from + i + len(end)
		return
	}
	s.at = len(s.text)
}

func isWordByte(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
