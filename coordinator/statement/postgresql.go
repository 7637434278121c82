package statement

import (
	"strings"

	"github.com/troupedb/troupe/messages"
)

func parsePostgreSQL(sql string) (*Statement, error) {
	tokens, ambiguous, err := lex(sql)
	if err != nil {
		return nil, err
	}
	p := plain{text: sql}
	if p.tokens, err = p.single(tokens); err != nil {
		return nil, err
	}
	s := &Statement{text: sql, dialect: messages.PostgreSQL, verb: p.verb()}
	start := p.tokens[0].start
	if ambiguous >= 0 {
		s.scatter = refuse("backslash", ambiguous,
			"before a quote it means one thing or another, by standard_conforming_strings", "write E'' or '' instead").err()
		s.everywhere = s.scatter
		return s, nil
	}
	switch s.verb {
	case Select:
		s.scatter = p.selection().err()
		s.everywhere = s.scatter
	case Update:
		s.scatter = p.update().err()
		s.everywhere = s.scatter
	case Delete:
		s.scatter = p.deletion().err()
		s.everywhere = s.scatter
	case Insert:
		s.scatter = refuse("INSERT", start, "every shard would insert the row",
			"pin it to one shard with OnShard, or use Exec with AllShards if every shard shall have it").err()
		if p.word(0) != "insert" {
			s.everywhere = refuse("WITH", start, reasonElsewhere, hintPin).err()
		}
	default:
		clause := p.name()
		s.scatter = refuse(clause, start, reasonOnce, hintExec).err()
		if !postgresDDL[p.word(0)] {
			s.everywhere = refuse(clause, start, reasonSession, hintPin).err()
		}
	}
	return s, nil
}

// postgresDDL are the first words of statements that may be run on every shard for their effect.
var postgresDDL = set(`alter analyse analyze call cluster comment create do drop grant import reassign refresh reindex
	revoke security truncate vacuum`)

// single returns the tokens of the one statement in a text, without semicolons around it.
func (p *plain) single(tokens []token) ([]token, error) {
	semicolon := func(t token) bool { return t.kind == symbolToken && p.text[t.start] == ';' }
	for len(tokens) > 0 && semicolon(tokens[0]) {
		tokens = tokens[1:]
	}
	for len(tokens) > 0 && semicolon(tokens[len(tokens)-1]) {
		tokens = tokens[:len(tokens)-1]
	}
	if len(tokens) == 0 {
		return nil, invalid("no statement", nil)
	}
	// The body of a function or a rule may hold semicolons; nothing else does.
	routine, rule := bodyOf(tokens)
	brackets, blocks := 0, 0
	for _, t := range tokens {
		switch {
		case t.kind == wordToken && (t.word == "begin" || t.word == "case" && blocks > 0):
			blocks++
		case t.kind == wordToken && t.word == "end" && blocks > 0:
			blocks--
		case t.kind != symbolToken:
		case p.text[t.start] == '(':
			brackets++
		case p.text[t.start] == ')':
			brackets--
		case p.text[t.start] == ';' && (!routine || blocks == 0) && (!rule || brackets == 0):
			return nil, malformed("a second statement after the semicolon", t.start)
		}
	}
	return tokens, nil
}

// bodyOf reports whether a statement creates a routine, whose body may stand between BEGIN and END, or a rule, whose
// actions may stand in parentheses.
func bodyOf(tokens []token) (routine, rule bool) {
	p := plain{tokens: tokens}
	i := 1
	if p.word(0) != "create" {
		return false, false
	}
	if p.word(1) == "or" && p.word(2) == "replace" {
		i = 3
	}
	return p.word(i) == "function" || p.word(i) == "procedure", p.word(i) == "rule"
}

// verb looks through parentheses, and through a WITH clause for the word that follows its last parenthesis.
func (p *plain) verb() Verb {
	i := 0
	for p.symbol(i) == '(' {
		i++
	}
	if v, ok := postgresVerbs[p.word(i)]; ok {
		return v
	}
	if p.word(i) != "with" {
		return Other
	}
	depth := 0
	for ; i < len(p.tokens); i++ {
		switch p.symbol(i) {
		case '(':
			depth++
		case ')':
			depth--
			if v, ok := postgresVerbs[p.word(i+1)]; ok && depth == 0 {
				return v
			}
		}
	}
	return Other
}

var postgresVerbs = map[string]Verb{
	"select": Select, "values": Select, "table": Select, "insert": Insert, "update": Update, "delete": Delete,
}

// name returns the word or two that a statement without a verb of its own is known by.
func (p *plain) name() string {
	first := strings.ToUpper(p.word(0))
	switch first {
	case "":
		return "statement"
	case "CREATE", "ALTER", "DROP":
		return strings.TrimSpace(first + " " + strings.ToUpper(p.word(1)))
	default:
		return first
	}
}
