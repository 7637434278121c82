package postgres

import (
	"strings"
	"unicode/utf8"

	"github.com/troupedb/troupe/messages"
)

// effect is what a text says that it does, as far as that decides whom it may be run with.
type effect uint8

const (
	// otherEffect is anything else, and what isn't understood.
	otherEffect effect = iota
	// readEffect is a single query that writes nothing and calls no function but PostgreSQL's own harmless ones.
	readEffect
	// writeEffect is a single INSERT of VALUES, or an UPDATE or DELETE with a WHERE, of one table, without a subquery, that calls
	// no other functions than a query may, and nextval.
	writeEffect
)

// maxEffectLength is the length of the longest text that is looked at: what is longer isn't quick.
const maxEffectLength = 8 << 10

// effectOf tells what sql does by its words. It errs on the side of otherEffect. What views, operators, casts, triggers, defaults and
// policies call isn't seen.
func effectOf(sql string) effect {
	if len(sql) > maxEffectLength || strings.IndexByte(sql, '\\') >= 0 { // what ends a literal then is the session's setting
		return otherEffect
	}
	s := callScanner{script: script{text: sql}}
	if !s.next() {
		return otherEffect
	}
	s.verb = folded(s.token)
	switch s.verb {
	case "select", "values", "table", "with":
		if !messages.MayWrite(sql) && s.calm() {
			return readEffect
		}
	case "insert", "update", "delete":
		s.writes = true
		if s.calm() && (s.verb == "insert" || s.filtered) {
			return writeEffect
		}
	}
	return otherEffect
}

// callScanner looks for calls of functions: a name before a "(". PostgreSQL has keywords that no function can be named for, and those are
// known; any other name has to be that of a known function, where a function can be called at all.
type callScanner struct {
	script
	verb     string
	writes   bool
	filtered bool // there was a WHERE

	depth     int
	before    string // the token before last
	last      string // the token before, a word in lower case
	intoTable bool   // the name of an INSERT's table goes on
}

// calm reports whether the rest of the text, after its verb, is that of one statement that calls nothing unknown.
func (s *callScanner) calm() bool {
	s.last = s.verb
	for s.next() {
		token := s.token
		if isNameStart(token[0]) {
			token = folded(token)
		}
		if token == ":" && s.last == ":" {
			token = "::" // a cast; one alone is in a slice of an array
		}
		switch {
		case s.last == ";": // another statement, or the end
			return false
		case token == "(":
			if !s.opens() {
				return false
			}
			s.depth++
		case token == ")":
			s.depth--
		case s.last == "distinct" && token == "on": // a call can follow its ")"
			return false
		case s.writes && s.widens(token):
			return false
		case token == "where":
			s.filtered = true
		}
		s.intoTable = s.last == "into" || s.intoTable && (token == "." || s.last == ".")
		s.before, s.last = s.last, token
	}
	return true
}

// folded returns a name as PostgreSQL understands it without quotes: in lower case, as far as that is ASCII. There are other letters
// whose lower case is ASCII.
func folded(name string) string {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return name
		}
	}
	return strings.ToLower(name)
}

// opens reports whether the "(" that comes now surely calls no unknown function.
func (s *callScanner) opens() bool {
	name := s.last
	switch {
	case s.intoTable && s.verb == "insert":
		return true
	case name[0] == '"' || name[0] == '\'' || name[0] == '$':
		return false
	case !isNameStart(name[0]):
		return true // an operator or a comma; a number, or whatever else can't be before a "(", is PostgreSQL's to refuse
	case s.before == ".":
		return false
	case s.before == "as", s.before == "::":
		return true // a type, or a name for what is there
	case name == "over", name == "filter":
		return s.before == ")"
	case name == "by":
		return s.before == "order" || s.before == "group" || s.before == "partition"
	case name == "conflict":
		return s.verb == "insert" && s.before == "on"
	case name == "nextval":
		return s.writes
	default:
		return harmless[name]
	}
}

// widens reports whether word makes more of a write than the change of a few rows of one table.
func (s *callScanner) widens(word string) bool {
	switch word {
	case "select", "with", "table", "current": // CURRENT OF a cursor
		return true
	case "from":
		return s.depth == 0 && s.last != "delete"
	case "using":
		return s.verb == "delete"
	}
	return false
}
