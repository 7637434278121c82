package postgres

import (
	"strings"
)

// statement is what is known of one statement of a text: its first two words, in lower case.
type statement struct {
	verb, second string
	concurrently bool // the word is in it
}

// mayHaveCommitted reports whether something that sql did may last although the server refused sql: if one statement of
// several ends a transaction, or one can end transactions within itself. It errs on the side of true. PostgreSQL runs
// other texts in one transaction, however many statements they have.
func mayHaveCommitted(sql string, escapes bool) bool {
	all := statements(sql, escapes)
	for i, s := range all {
		last := i == len(all)-1
		switch s.verb {
		case "commit", "end":
			if !last {
				return true
			}
		case "prepare":
			if !last && s.second == "transaction" {
				return true
			}
		case "call", "vacuum", "cluster", "reindex":
			return true
		case "create", "drop", "alter":
			if s.concurrently { // a failed one leaves an index that isn't valid
				return true
			}
		case "do":
			if mentionsCommit(sql) {
				return true
			}
		}
	}
	return false
}

// mentionsCommit reports whether the code of a DO can hold a COMMIT, say by calling or executing what does.
func mentionsCommit(code string) bool {
	code = strings.ToLower(code)
	return strings.Contains(code, "commit") || strings.Contains(code, "call") || strings.Contains(code, "execute")
}

// statements returns the statements of sql that aren't empty. escapes says that a backslash has a meaning in any literal.
// The statements in the body of an SQL function count too if they aren't quoted.
func statements(sql string, escapes bool) []statement {
	s := script{text: sql, escapes: escapes}
	var all []statement
	var now statement
	words, depth, empty := 0, 0, true
	for s.next() {
		switch c := s.token[0]; {
		case c == ';' && depth == 0:
			if !empty {
				all = append(all, now)
			}
			now, words, empty = statement{}, 0, true
			continue
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case isNameStart(c):
			w := strings.ToLower(s.token)
			switch words++; words {
			case 1:
				now.verb = w
			case 2:
				now.second = w
			}
			now.concurrently = now.concurrently || w == "concurrently"
		}
		empty = false
	}
	if !empty {
		all = append(all, now)
	}
	return all
}

// script walks over the tokens of a text as PostgreSQL reads it, without the comments.
type script struct {
	text    string // what is left
	escapes bool
	token   string
}

// next finds the next token: a word, or what is quoted, or digits, or any other byte.
func (s *script) next() bool {
	for s.text != "" {
		n := spaceLen(s.text)
		if n == 0 {
			n = s.tokenLen()
			s.token, s.text = s.text[:n], s.text[n:]
			return true
		}
		s.text = s.text[n:]
	}
	return false
}

// spaceLen returns the length of the space or comment that text begins with.
func spaceLen(text string) int {
	switch c := text[0]; {
	case c == ' ' || '\t' <= c && c <= '\r':
		return 1
	case c != '-' && c != '/':
		return 0
	case strings.HasPrefix(text, "--"):
		if i := strings.IndexAny(text, "\r\n"); i >= 0 {
			return i
		}
		return len(text)
	case strings.HasPrefix(text, "/*"):
		return commentLen(text)
	default:
		return 0
	}
}

// commentLen returns the length of the comment that text begins with, and those that are nested in it.
func commentLen(text string) int {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(text[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

func (s *script) tokenLen() int {
	t := s.text
	switch c := t[0]; {
	case c == '"':
		return quotedLen(t, 0, false)
	case c == '\'':
		return quotedLen(t, 0, s.escapes)
	case (c == 'e' || c == 'E') && strings.HasPrefix(t[1:], "'"):
		return quotedLen(t, 1, true)
	case c == '$':
		return dollarLen(t)
	case isNameStart(c):
		n := 1
		for n < len(t) && (isNameStart(t[n]) || isDigit(t[n]) || t[n] == '$') {
			n++
		}
		return n
	case isDigit(c):
		n := 1
		for n < len(t) && isDigit(t[n]) {
			n++
		}
		return n
	default:
		return 1
	}
}

// quotedLen returns the length of what is quoted at text[at], whose quotes are doubled within. One with escapes goes on in
// a second literal in another line.
func quotedLen(text string, at int, escapes bool) int {
	quote := text[at]
	for i := at + 1; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == quote && escapes:
			more := continuation(text[i+1:])
			if more == 0 {
				return i + 1
			}
			i += more
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}

// continuation returns the length of what is between two parts of one literal, with the quote of the second, or 0. A
// doubled quote counts too.
func continuation(text string) int {
	rest := text
	newline := true
	for i := 0; rest != ""; i++ {
		n := spaceLen(rest)
		if n == 0 || strings.HasPrefix(rest, "/*") {
			break
		}
		if i == 0 {
			newline = false
		}
		newline = newline || strings.ContainsAny(rest[:n], "\r\n")
		rest = rest[n:]
	}
	if newline && strings.HasPrefix(rest, "'") {
		return len(text) - len(rest) + 1
	}
	return 0
}

// dollarLen returns the length of the dollar-quoted literal that text begins with, or of its "$" if that begins none.
func dollarLen(text string) int {
	n := 1
	for n < len(text) && (isNameStart(text[n]) || n > 1 && isDigit(text[n])) {
		n++
	}
	if n == len(text) || text[n] != '$' {
		return 1
	}
	tag := text[:n+1]
	if i := strings.Index(text[len(tag):], tag); i >= 0 {
		return 2*len(tag) + i
	}
	return len(text)
}

func isNameStart(c byte) bool {
	return c == '_' || c >= 0x80 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
