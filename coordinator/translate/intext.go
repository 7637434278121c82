package translate

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// byName are PostgreSQL's functions that are told a table, an index or a sequence by its name in a text. The database would look
// for that along its search path, and so perhaps find what isn't the shard's.
var byName = map[string]bool{
	"nextval": true, "currval": true, "setval": true, "to_regclass": true, "pg_get_serial_sequence": true,
	"pg_relation_size": true, "pg_table_size": true, "pg_total_relation_size": true, "pg_indexes_size": true,
	"has_table_privilege": true, "has_column_privilege": true, "has_any_column_privilege": true, "has_sequence_privilege": true,
}

const (
	reasonInText = "a name in a text isn't translated"
	hintInText   = "put the schema before it, as in 'schema.name', with the prefix that it has there"
)

// call refuses a function that is told a name in a text, unless that has a schema.
func (r *rewriter) call(n *tree.Call) {
	if r.sqlite() || len(n.Name) == 0 || !byName[n.Name[len(n.Name)-1].Name] {
		return
	}
	for _, arg := range n.Args {
		if hasSchema(arg) {
			return
		}
	}
	r.refuse(n.Start, n.Name[len(n.Name)-1].Name, reasonInText, hintInText)
}

// cast refuses a text that is cast to a name. What else is cast to one is a number most likely, which names nothing.
func (r *rewriter) cast(n *tree.Cast) {
	literal, ok := tree.Bare(n.X).(*tree.Literal)
	if r.sqlite() || !ok || n.Type.Name != "regclass" {
		return
	}
	if _, isText := literal.Value.(string); isText && !hasSchema(n.X) {
		r.refuse(n.Start, "regclass", reasonInText, hintInText)
	}
}

// hasSchema reports whether x is a constant text with a dot in it.
func hasSchema(x tree.Expr) bool {
	for {
		c, ok := tree.Bare(x).(*tree.Cast)
		if !ok {
			break
		}
		x = c.X
	}
	literal, ok := tree.Bare(x).(*tree.Literal)
	if !ok {
		return false
	}
	text, ok := literal.Value.(string)
	return ok && strings.Contains(text, ".")
}

// namesInText refuses such a function in a definition: a default, or a condition.
func (r *reader) namesInText() {
	if r.sqlite() {
		return
	}
	for i, t := range r.tokens {
		if t.Kind != tree.WordToken || !byName[t.Name] || i+2 >= len(r.tokens) || !r.tokens[i+1].IsSymbol("(") {
			continue
		}
		if name := r.tokens[i+2]; name.Kind != tree.StringToken || !strings.Contains(name.Name, ".") {
			r.refuse(t.Start, t.Name, reasonInText, hintInText)
		}
	}
}
