package translate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// reader translates one definition of a table or an index by its tokens. When something is wrong it notes the first refusal and goes on
// with tokens that fit nowhere.
type reader struct {
	naming
	tokens  []tree.Token // with an end
	at      int
	edits   edits
	refusal *statement.Refusal
}

// definition translates CREATE, ALTER, DROP and TRUNCATE of tables and indexes, and refuses everything else.
func (n naming) definition(sql string, span tree.Span, tokens []tree.Token) (string, error) {
	end := tree.Token{Span: tree.Span{Start: span.End, End: span.End}}
	r := &reader{naming: n, tokens: append(slices.Clone(tokens), end)}
	r.statement()
	r.namesInText()
	if r.refusal != nil {
		return "", r.refusal.Err()
	}
	r.edits.sort()
	for i := range r.edits {
		r.edits[i].Start -= span.Start
		r.edits[i].End -= span.Start
	}
	text := span.Of(sql)
	out := r.edits.apply(text)
	if !n.readsAlike(text, out, r.edits) {
		return "", refuse(span.Start, "names", "with translated names it reads differently", hintBackend).Err()
	}
	return out, nil
}

// readsAlike reports whether out has the tokens of text but for those of the edits.
func (n naming) readsAlike(text, out string, changes edits) bool {
	before, err := n.lex(text)
	if err != nil {
		return false
	}
	after, err := n.lex(out)
	if err != nil {
		return false
	}
	var want []tree.Token
	for _, t := range before {
		replaced := false
		for len(changes) > 0 && changes[0].Start <= t.Start {
			names, err := n.lex(changes[0].with)
			if err != nil {
				return false
			}
			want = append(want, names[:len(names)-1]...)
			replaced = replaced || changes[0].End > changes[0].Start
			changes = changes[1:]
		}
		if !replaced {
			want = append(want, t)
		}
	}
	return slices.EqualFunc(want, after, func(a, b tree.Token) bool { return a.Kind == b.Kind && a.Name == b.Name })
}

func (r *reader) statement() {
	switch {
	case r.accept("create"):
		r.create()
	case r.accept("alter", "table"):
		r.alterTable()
	case r.accept("drop", "table"):
		r.ifExists()
		r.list(r.table)
		r.cascade()
	case r.accept("drop", "index"):
		r.accept("concurrently")
		r.ifExists()
		r.list(r.index)
		r.cascade()
	case r.accept("truncate"):
		r.accept("table")
		r.list(func() { r.accept("only"); r.table(); r.symbol("*") })
		_ = r.accept("restart", "identity") || r.accept("continue", "identity")
		r.cascade()
	default:
		r.other()
		return
	}
	r.end()
}

// other refuses a statement that isn't translated.
func (r *reader) other() {
	var words []string
	for _, t := range r.tokens[:min(3, len(r.tokens))] {
		if t.Kind != tree.WordToken {
			break
		}
		words = append(words, strings.ToUpper(t.Name))
		if t.Is("set") || t.Is("pragma") || t.Is("attach") || t.Is("copy") || t.Is("vacuum") || t.Is("show") {
			break
		}
	}
	clause := strings.Join(words, " ")
	if clause == "" {
		clause = "statement"
	}
	r.refuse(r.tokens[0].Start, clause, "it isn't translated to the names of the shard's tables", hintBackend)
}

func (r *reader) refuse(at int, clause, reason, hint string) {
	if r.refusal == nil {
		r.refusal = refuse(at, clause, reason, hint)
	}
	r.at = len(r.tokens) - 1
}

// unexpected refuses the statement because of the current token.
func (r *reader) unexpected() {
	t := r.token()
	name := "the end"
	if t.Kind != tree.EndToken {
		name = fmt.Sprintf("%.40q", t.Name)
	}
	r.refuse(t.Start, "definition", name+" isn't expected there, so that its names can't be translated", hintBackend)
}

func (r *reader) token() tree.Token { return r.tokens[r.at] }

func (r *reader) ahead(n int) tree.Token { return r.tokens[min(r.at+n, len(r.tokens)-1)] }

func (r *reader) advance() {
	if r.at < len(r.tokens)-1 {
		r.at++
	}
}

// accept passes over words if all of them come next.
func (r *reader) accept(words ...string) bool {
	for i, word := range words {
		if !r.ahead(i).Is(word) {
			return false
		}
	}
	r.at += len(words)
	return true
}

// symbol passes over a bracket or the like if it comes next.
func (r *reader) symbol(s string) bool {
	if !r.token().IsSymbol(s) {
		return false
	}
	r.advance()
	return true
}

func (r *reader) end() {
	if r.token().Kind != tree.EndToken {
		r.unexpected()
	}
}

func (r *reader) ifExists() { r.accept("if", "exists") }

func (r *reader) ifNotExists() bool { return r.accept("if", "not", "exists") }

func (r *reader) cascade() { _ = r.accept("cascade") || r.accept("restrict") }

// list reads what one reads, and again after each comma.
func (r *reader) list(one func()) {
	one()
	for r.symbol(",") {
		one()
	}
}

// name passes over a name without a schema.
func (r *reader) name() tree.Token {
	t := r.token()
	switch {
	case t.Kind != tree.WordToken && t.Kind != tree.NameToken && (t.Kind != tree.StringToken || !r.sqlite()):
		r.unexpected()
		return tree.Token{}
	case r.ahead(1).IsSymbol("."):
		r.refuse(t.Start, "name", fmt.Sprintf("a schema, %s, stands before %s", t.Name, r.ahead(2).Name), hintName)
		return tree.Token{}
	}
	r.advance()
	return t
}

// prefix puts the prefix before a name.
func (r *reader) prefix(t tree.Token) {
	if r.refusal != nil {
		return
	}
	with, refusal := r.prefixed(t.Name, t.Start)
	if r.refusal = refusal; refusal == nil {
		r.edits.replace(t.Span, with)
	}
}

// table translates a table's name, where a schema may stand before it.
func (r *reader) table() { r.relation(true) }

// relation translates a table's name; a schema may stand before it there if qualified. It returns the name.
func (r *reader) relation(qualified bool) tree.Token {
	t := r.name()
	if r.refusal != nil {
		return t
	}
	if refusal := r.refuseSystem(t.Name, t.Start); refusal != nil {
		r.refusal = refusal
		return t
	}
	switch {
	case r.names.Prefix != "":
		r.prefix(t)
	case qualified:
		r.edits.insert(t.Start, r.schema())
	}
	return t
}

// index translates an index's name, where a schema may stand before it.
func (r *reader) index() { r.relation(true) }

// own translates the name of something in the schema of its table: in PostgreSQL an index, or a constraint, which may be one.
func (r *reader) own() {
	t := r.name()
	if r.refusal == nil && r.names.Prefix != "" {
		r.prefix(t)
	}
}
