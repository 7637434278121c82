package postgresql

import (
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// schemaWords begin the statements that act on a database's schema, or keep it up.
var schemaWords = words(`alter analyse analyze cluster comment create drop grant import reassign refresh reindex revoke
	security truncate vacuum`)

// sessionWords begin the other statements that aren't parsed.
var sessionWords = words(`abort begin call checkpoint close commit copy deallocate declare discard do end execute explain
	fetch listen load lock merge move notify prepare release reset rollback savepoint set show start unlisten`)

// objectNoise are words between CREATE and what is created.
var objectNoise = words(`or replace global local temp temporary unlogged unique recursive trusted procedural constraint`)

// secondWords are what belongs to a statement's name or an object's kind when it follows the word before.
var secondWords = map[string]map[string]bool{
	"access": words("method"), "commit": words("prepared"), "data": words("wrapper"),
	"default": words("privileges"), "event": words("trigger"), "foreign": words("data table"),
	"import": words("foreign"), "large": words("object"), "materialized": words("view"),
	"operator": words("class family"), "prepare": words("transaction"), "reassign": words("owned"),
	"refresh": words("materialized"), "rollback": words("prepared to"), "security": words("label"),
	"set": words("constraints transaction role"), "start": words("transaction"),
	"text": words("search"), "search": words("configuration dictionary parser template"), "user": words("mapping"),
}

func words(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// classify names a statement that isn't parsed by its leading words.
func (p *parser) classify(s *tree.Statement) {
	first := p.word()
	switch {
	case schemaWords[first]:
		s.Scope = tree.Schema
	case !sessionWords[first]:
		// A later server may know it.
		p.unsupported("unexpected " + abridged(p.source(p.token())))
		return
	}
	if temporary := p.skipNoise(first); temporary {
		s.Scope = tree.Session // it lives as long as its connection
	}
	s.Name = p.nameOfStatement(first)
	p.singleOther(first)
}

// skipNoise passes over the first word, and over what stands between it and the kind of the object. It reports whether the
// object is temporary.
func (p *parser) skipNoise(first string) bool {
	p.advance()
	temporary := false
	for first == "create" && objectNoise[p.word()] {
		temporary = temporary || p.word() == "temp" || p.word() == "temporary"
		p.advance()
	}
	return temporary
}

// nameOfStatement returns the words that a statement is known by: the first one, and what follows it as far as it belongs to
// the name.
func (p *parser) nameOfStatement(first string) string {
	name := first
	if first == "analyse" {
		name = "analyze"
	}
	last := first
	for p.word() != "" {
		word := p.word()
		object := last == first && slices.Contains([]string{"create", "alter", "drop"}, first)
		if !object && !secondWords[last][word] {
			break
		}
		name += " " + word
		last = word
		p.advance()
	}
	return upper(name)
}

// singleOther makes sure that there is one statement only. The actions of a rule may stand in parentheses, and the statements
// in the body of a function between BEGIN ATOMIC and END, with semicolons between them.
func (p *parser) singleOther(first string) {
	rule := first == "create" && slices.ContainsFunc(p.tokens[:min(4, len(p.tokens))], func(t token) bool {
		return keywords[t.keyword].word == "rule"
	})
	brackets, blocks := 0, 0
	for i := range p.tokens {
		p.pos = i
		switch word := p.word(); {
		case p.kind() == '(':
			brackets++
		case p.kind() == ')':
			brackets--
		case first == "create" && word == "begin" && p.wordAhead(1) == "atomic":
			blocks++
		case blocks > 0 && word == "case" && p.opensCase(i):
			blocks++
		case blocks > 0 && word == "end":
			blocks--
		case p.kind() == ';' && blocks == 0 && (!rule || brackets <= 0):
			p.fail("a second statement")
			return
		}
	}
}

// opensCase reports whether the CASE at place i needs an END: what is taken for one by mistake would hide what is behind.
func (p *parser) opensCase(i int) bool {
	before := p.tokens[max(i-1, 0)]
	return before.kind != '.' && keywords[before.keyword].word != "as" && !p.endsTarget(p.ahead(1))
}

func upper(words string) string { return strings.ToUpper(words) }
