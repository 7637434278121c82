package statement

import "strings"

// plain checks the tokens of one PostgreSQL statement against the few shapes that may run over several shards. It
// isn't a parser: what doesn't fit is refused. It relies on the grammar in this: the words that begin a clause are
// reserved, so a text in which one stands elsewhere than after a dot or AS has that clause, or is a syntax error.
type plain struct {
	text   string
	tokens []token
}

// word returns the word that token i is; empty if it is no unquoted word.
func (p *plain) word(i int) string {
	if i >= 0 && i < len(p.tokens) && p.tokens[i].kind == wordToken {
		return p.tokens[i].word
	}
	return ""
}

// symbol returns the symbol that token i is, or 0.
func (p *plain) symbol(i int) byte {
	if i >= 0 && i < len(p.tokens) && p.tokens[i].kind == symbolToken {
		return p.text[p.tokens[i].start]
	}
	return 0
}

// start returns where token i begins, or the text ends.
func (p *plain) start(i int) int {
	if i < len(p.tokens) {
		return p.tokens[i].start
	}
	return len(p.text)
}

// source returns token i as it was written.
func (p *plain) source(i int) string {
	if i < len(p.tokens) {
		return p.text[p.tokens[i].start:p.tokens[i].end]
	}
	return "end of text"
}

// selection checks SELECT [ALL] expressions FROM table [WHERE expression].
func (p *plain) selection() *Refusal {
	switch p.word(0) {
	case "select":
	case "values":
		return refuse("VALUES", p.start(0), reasonOnce, hintPin)
	case "with":
		return refuse("WITH", p.start(0), reasonElsewhere, hintPin)
	case "table":
		return refuse("TABLE", p.start(0), reasonUnknown, "write SELECT * FROM, or "+hintPin)
	default:
		return refuse("parentheses", p.start(0), reasonUnknown, "write the SELECT without them, or "+hintPin)
	}
	i := 1
	if p.word(i) == "all" {
		i++
	}
	i, r := p.expressions(i, "from")
	if r != nil {
		return r
	}
	if i == len(p.tokens) {
		return refuse("SELECT without FROM", p.start(0), reasonOnce, hintPin)
	}
	i, r = p.relation(i+1, "where")
	if r != nil || i == len(p.tokens) {
		return r
	}
	_, r = p.expressions(i + 1)
	return r
}

// update checks UPDATE table SET assignments [WHERE expression] [RETURNING expressions].
func (p *plain) update() *Refusal {
	if p.word(0) != "update" {
		return refuse("WITH", p.start(0), reasonElsewhere, hintPin)
	}
	i, r := p.relation(1, "set")
	if r != nil {
		return r
	}
	if i == len(p.tokens) {
		return refuse("UPDATE", p.start(0), reasonUnknown, hintPin)
	}
	i, r = p.expressions(i+1, "where", "returning", "from")
	if r == nil && p.word(i) == "from" {
		r = refuse("UPDATE FROM", p.start(i), reasonElsewhere, hintPin)
	}
	if r != nil {
		return r
	}
	return p.tail(i)
}

// deletion checks DELETE FROM table [WHERE expression] [RETURNING expressions].
func (p *plain) deletion() *Refusal {
	if p.word(0) != "delete" {
		return refuse("WITH", p.start(0), reasonElsewhere, hintPin)
	}
	if p.word(1) != "from" {
		return refuse("DELETE", p.start(0), reasonUnknown, hintPin)
	}
	i, r := p.relation(2, "where", "returning")
	if r != nil {
		return r
	}
	return p.tail(i)
}

// tail checks [WHERE expression] [RETURNING expressions].
func (p *plain) tail(i int) *Refusal {
	if p.word(i) == "where" {
		var r *Refusal
		if i, r = p.expressions(i+1, "returning"); r != nil {
			return r
		}
	}
	if i == len(p.tokens) {
		return nil
	}
	_, r := p.expressions(i + 1)
	return r
}

// relation checks [ONLY] name[.name[.name]] [*] [[AS] alias] and returns the place behind it: the end, or one of the
// words that may follow.
func (p *plain) relation(i int, next ...string) (int, *Refusal) {
	if p.word(i) == "only" {
		i++
	}
	for {
		if r := p.relationName(i); r != nil {
			return i, r
		}
		i++
		if p.symbol(i) != '.' {
			break
		}
		i++
	}
	if p.symbol(i) == '*' {
		i++
	}
	if p.word(i) == "as" {
		i++
	}
	if i < len(p.tokens) && !contains(next, p.word(i)) && p.isName(i) && !postgresAfterTable[p.word(i)] {
		i++
	}
	if i == len(p.tokens) || contains(next, p.word(i)) {
		return i, nil
	}
	return i, p.refuseAfterTable(i)
}

// isName reports whether token i is a name that may be quoted. A U&"" name isn't, because its escapes aren't read.
func (p *plain) isName(i int) bool {
	if i >= len(p.tokens) {
		return false
	}
	switch p.tokens[i].kind {
	case wordToken:
		return true
	case nameToken:
		return p.text[p.tokens[i].start] == '"'
	default:
		return false
	}
}

func (p *plain) relationName(i int) *Refusal {
	switch word := p.word(i); {
	case p.symbol(i) == '(':
		return refuse("parentheses in FROM", p.start(i), "they can hold a subquery or a join", hintPin)
	case !p.isName(i):
		return refuse(p.source(i), p.start(i), reasonUnknown, hintPin)
	case postgresAfterTable[word], postgresValues[word]:
		return refuse(strings.ToUpper(word), p.start(i), reasonUnknown, hintPin)
	}
	name := strings.ToLower(strings.Trim(p.source(i), `"`))
	if strings.HasPrefix(name, "pg_") || name == "information_schema" {
		return refuse(name, p.start(i), reasonCatalogue, hintPin)
	}
	return nil
}

// refuseAfterTable says what stands behind a table that doesn't belong there.
func (p *plain) refuseAfterTable(i int) *Refusal {
	at := p.start(i)
	switch symbol := p.symbol(i); symbol {
	case ',':
		return refuse("JOIN", at, reasonElsewhere, hintPin)
	case '(':
		return refuse("function in FROM", at, reasonOnce, hintPin)
	}
	if c, ok := postgresClauses[p.word(i)]; ok {
		return refuse(c.name, at, c.reason, c.hint)
	}
	return refuse(p.source(i), at, reasonUnknown, hintPin)
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}
