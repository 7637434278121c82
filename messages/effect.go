package messages

import "strings"

// MayWrite reports whether sql may change the database, judged by its words outside comments, quotes and literals: false
// for one that begins with SELECT, VALUES, TABLE, SHOW or EXPLAIN and has no word that begins a change (nor INTO, nor
// a semicolon before more words). It errs on the side of true, also where the dialects would read the text differently.
// What a SELECT's functions do is not seen.
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
		case "insert", "update", "delete", "merge", "into", "truncate", "create", "drop", "alter", "call", "do",
			"execute", "refresh", // after EXPLAIN ANALYZE
			";", unclear:
			return true
		}
	}
}

// unclear stands for what PostgreSQL and SQLite end at different places, so that a word may be text in one of them only.
const unclear = "?"

// wordScanner walks over the words of an SQL text, in either dialect, and skips what is quoted or commented.
type wordScanner struct {
	text string
	at   int
}

// next returns the next word, or a "(" that is the first token, or a ";" that something follows, or unclear.
func (s *wordScanner) next() (string, bool) {
	t := s.text
	start := s.at
	for s.at < len(t) {
		c := t[s.at]
		switch {
		case c == '\'' || c == '"':
			s.skipQuoted(c)
		case c == '[':
			if !s.skipBracket() {
				return unclear, true
			}
		case c == '`':
			if !s.skipBackquoted() {
				return unclear, true
			}
		case strings.HasPrefix(t[s.at:], "--"):
			if !s.skipLine() {
				return unclear, true
			}
		case strings.HasPrefix(t[s.at:], "/*"):
			if !s.skipComment() {
				return unclear, true
			}
		case c == '$':
			if !s.skipDollar() {
				return unclear, true
			}
		case isWordByte(c):
			begin := s.at
			for s.at < len(t) && isWordByte(t[s.at]) {
				s.at++
			}
			word := t[begin:s.at]
			if strings.EqualFold(word, "e") && strings.HasPrefix(t[s.at:], "'") && strings.Contains(t, `\`) {
				return unclear, true // only PostgreSQL has escapes, which may go on in the next literal
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

func notInName(r rune) bool { return r < 0x80 && r != ' ' && r != '.' && !isWordByte(byte(r)) }

func isWordByte(c byte) bool {
	return c == '_' || c >= 0x80 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// skipQuoted passes over a quoted text; a doubled quote closes and opens again, which comes to the same.
func (s *wordScanner) skipQuoted(quote byte) {
	s.at++
	s.skipTo(string(quote))
}

func (s *wordScanner) skipTo(end string) {
	if i := strings.Index(s.text[s.at:], end); i >= 0 {
		s.at += i + len(end)
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

// skipDollar passes over "$1" or "$name". A second "$" would begin a text in PostgreSQL.
func (s *wordScanner) skipDollar() bool {
	s.at++
	for s.at < len(s.text) && isWordByte(s.text[s.at]) {
		s.at++
	}
	return !strings.HasPrefix(s.text[s.at:], "$")
}
