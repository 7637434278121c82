package messages

import "strings"

// MayWrite reports whether sql may change the database, judged by its words outside comments, quotes and literals: false
// for one that begins with SELECT, VALUES, TABLE, SHOW or EXPLAIN and has no word that begins a change (nor INTO, nor
// a semicolon before more words). It errs on the side of true. What a SELECT's functions do is not seen.
func MayWrite(sql string) bool {
	s := wordScanner{text: sql}
	first := true
	for {
		word, ok := s.next()
		if !ok {
			return first
		}
		if first {
			switch strings.ToLower(word) {
			case "select", "values", "table", "show", "explain", "with", "(":
			default:
				return true
			}
			first = false
			continue
		}
		switch strings.ToLower(word) {
		case "insert", "update", "delete", "merge", "replace", "into", "truncate", "create", "drop", "alter", "call", "do", ";":
			return true
		}
	}
}

// wordScanner walks over the words of an SQL text, in either dialect, and skips what is quoted or commented.
type wordScanner struct {
	text string
	at   int
}

// next returns the next word, or a "(" that is the first token, or a ";" that something follows.
func (s *wordScanner) next() (string, bool) {
	t := s.text
	start := s.at
	for s.at < len(t) {
		c := t[s.at]
		switch {
		case c == '\'' || c == '"' || c == '`':
			s.skipQuoted(c, false)
		case c == '[':
			s.at++
		case strings.HasPrefix(t[s.at:], "--"):
			s.skipTo("\n")
		case strings.HasPrefix(t[s.at:], "/*"):
			s.skipComment()
		case c == '$':
			s.skipDollar()
		case isWordByte(c):
			begin := s.at
			for s.at < len(t) && isWordByte(t[s.at]) {
				s.at++
			}
			word := t[begin:s.at]
			if strings.EqualFold(word, "e") && strings.HasPrefix(t[s.at:], "'") {
				s.skipQuoted('\'', true)
			}
			return word, true
		case c == '(' && start == 0 && strings.TrimSpace(t[:s.at]) == "":
			s.at++
			return "(", true
		case c == ';' && strings.TrimSpace(t[s.at+1:]) != "":
			s.at++
			return ";", true
		default:
			s.at++
		}
	}
	return "", false
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 0x80 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func (s *wordScanner) skipTo(end string) {
	if i := strings.Index(s.text[s.at:], end); i >= 0 {
		s.at += i + len(end)
		return
	}
	s.at = len(s.text)
}

// skipQuoted passes over a quoted text; a doubled quote closes and opens again, which comes to the same.
func (s *wordScanner) skipQuoted(quote byte, escapes bool) {
	for s.at++; s.at < len(s.text); s.at++ {
		switch {
		case escapes && s.text[s.at] == '\\':
			s.at++
		case s.text[s.at] == quote:
			s.at++
			return
		}
	}
}

// skipComment passes over a comment. PostgreSQL nests comments and SQLite doesn't: the shorter reading shows more words.
func (s *wordScanner) skipComment() {
	s.at += 2
	s.skipTo("*/")
}

// skipDollar passes over "$1", "$name" or the opening tag of a dollar-quoted text, whose words are then seen: that errs
// on the side of a write.
func (s *wordScanner) skipDollar() {
	s.at++
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		s.at++
	}
}
