package messages

import "strings"

// MayWrite reports whether sql may change the database, judged by its words outside comments, quotes and literals: false
// for one that begins with SELECT, VALUES, TABLE, SHOW, EXPLAIN or WITH, holds no second statement, and has no word that
// begins a change, makes a table (INTO) or locks rows (FOR UPDATE, FOR SHARE) where such a word can stand. It errs on the
// side of true, also where the dialects would read the text differently. What a SELECT's functions do is not seen.
func MayWrite(sql string) bool {
	s := wordScanner{text: sql}
	t := s.next()
	for t.kind == opening {
		t = s.next()
	}
	if t.kind != word || !reads(t.word()) {
		return true
	}
	ended := false
	for at := atStart.after(t); ; at = at.after(t) {
		switch t = s.next(); {
		case t.kind == end:
			return false
		case t.kind == unclear, ended && t.kind != semicolon:
			return true
		case t.kind == semicolon:
			ended = true
		case t.kind == word && at.changes(t.word()):
			return true
		}
	}
}

// MayChangeSchema reports whether sql may change tables, types or the like, judged by its words outside comments, quotes and
// literals: whether one of them begins such a change. It errs on the side of true. What a function does is not seen.
func MayChangeSchema(sql string) bool {
	if isPlain(sql) {
		return false
	}
	s := wordScanner{text: sql}
	for {
		switch t := s.next(); {
		case t.kind == end:
			return false
		case t.kind == unclear:
			return true
		case t.kind == word:
			switch t.word() {
			case "create", "alter", "drop", "do", "call", "execute", "attach", "detach":
				return true
			}
		}
	}
}

// ControlsTransaction reports whether sql, or one of the statements in it, begins or ends a transaction or a savepoint, or prepares
// one, judged by its words as [MayWrite] judges. It errs on the side of false: what follows a trigger's or a function's definition, which
// has statements of its own, or a text that the dialects would read differently, isn't seen.
func ControlsTransaction(sql string) bool {
	if isPlain(sql) {
		return false
	}
	s := wordScanner{text: strings.TrimPrefix(sql, "\ufeff")} // a space in SQLite
	begins, prepares, creates := true, false, false
	for {
		t := s.next()
		switch t.kind {
		case end, unclear:
			return false
		case semicolon:
			begins, prepares, creates = true, false, false
			continue
		case word:
			switch name := t.word(); {
			case begins && controls(name), prepares && name == "transaction":
				return true
			case creates && (name == "trigger" || name == "function" || name == "procedure"):
				return false
			case begins:
				prepares, creates = name == "prepare", name == "create"
			default:
				prepares = false
			}
		}
		begins = false
	}
}

// isPlain reports, in no time, that sql is a single statement of the kinds that nearly all are, which read and change rows.
func isPlain(sql string) bool {
	if len(sql) <= 6 || strings.IndexByte(sql, ';') >= 0 {
		return false
	}
	verb := sql[:6]
	return strings.EqualFold(verb, "select") || strings.EqualFold(verb, "insert") || strings.EqualFold(verb, "update") || strings.EqualFold(verb, "delete")
}

func controls(word string) bool {
	switch word {
	case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release":
		return true
	}
	return false
}

func reads(word string) bool {
	switch word {
	case "select", "values", "table", "show", "explain", "with":
		return true
	}
	return false
}

// place is what can follow a token. A name that isn't quoted can be a column's, or begin a change: it depends on the place.
// Only what surely is a name is taken for one; for that PostgreSQL's rules count, because in SQLite a change can begin
// nowhere but at the start and after the ")" of a WITH.
type place uint8

const (
	intoFollows    place = 1 << iota // the INTO of a SELECT
	changeFollows                    // INSERT, UPDATE, DELETE, MERGE: in a WITH, after it, after EXPLAIN
	utilityFollows                   // what EXPLAIN can have, and what can't be a part of anything
	bodyFollows                      // a "(" that a statement can begin after
	lockFollows                      // the UPDATE or SHARE of a FOR
	byFollows                        // the BY of an ORDER or GROUP

	afterDot  place = 0
	inExpress       = intoFollows
	afterName       = intoFollows | changeFollows
	atStart         = afterName | utilityFollows | bodyFollows
)

// changes reports whether word, in lower case, makes a change at p.
func (p place) changes(word string) bool {
	switch word {
	case "insert", "update", "delete", "merge":
		return p&changeFollows != 0
	case "into":
		return p&intoFollows != 0
	case "truncate", "create", "drop", "alter", "call", "do", "execute", "refresh":
		return p&utilityFollows != 0
	case "share":
		return p&lockFollows != 0
	}
	return false
}

// after returns the place after t, which is at p.
func (p place) after(t token) place {
	switch t.kind {
	case opening:
		if p&bodyFollows != 0 {
			return atStart
		}
		return inExpress
	case closing:
		return atStart
	case dot:
		return afterDot
	case operator:
		return inExpress
	case word:
		return p.afterWord(t.word())
	default:
		return afterName
	}
}

func (p place) afterWord(word string) place {
	if word == "materialized" {
		return afterName | bodyFollows
	}
	if p&intoFollows == 0 {
		return afterName // after "." or AS, a keyword is a name too
	}
	switch word {
	case "explain", "analyze", "analyse", "verbose", "plan":
		return atStart
	case "as":
		return bodyFollows
	case "for", "key":
		return afterName | lockFollows
	case "order", "group":
		return afterName | byFollows
	case "by":
		if p&byFollows != 0 {
			return inExpress
		}
	case "select", "distinct", "where", "and", "or", "not", "having", "on", "when", "then", "else", "case", "from", "in",
		"like", "is", "join", "using", "limit", "offset", "union", "intersect", "except":
		return inExpress // PostgreSQL takes none of these for a column's name
	}
	return afterName
}
