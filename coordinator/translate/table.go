package translate

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// table translates a reference to a table where the expressions in see are seen. With named it may have an alias, and gets the one
// that it had by itself: its name.
func (r *rewriter) table(t *tree.Table, see *scope, named bool) {
	r.tables++
	switch {
	case r.refusal != nil:
		return
	case t.Schema != nil && r.catalogue(t.Schema.Name):
		return
	case t.Schema != nil:
		r.refuse(t.NameSpan.Start, "table", fmt.Sprintf("a schema, %s, stands before %s", t.Schema.Name, t.Name.Name), hintName)
		return
	case see.has(t.Name.Name):
		return
	}
	if !r.isCatalogueTable(t.Name.Name) {
		if r.refusal = r.refuseSystem(t.Name.Name, t.NameSpan.Start); r.refusal != nil {
			return
		}
	}
	if r.names.Schema != "" {
		r.edits.insert(t.NameSpan.Start, r.schema())
		moved := *t
		moved.Schema = &tree.Ident{Name: r.folded(r.names.Schema), Quoted: true}
		r.expected[t] = &moved
		return
	}
	r.rename(t, named)
}

// rename puts the prefix before a table's name, and before that of its index.
func (r *rewriter) rename(t *tree.Table, named bool) {
	with, refusal := r.prefixed(t.Name.Name, t.NameSpan.Start)
	if refusal != nil {
		r.refusal = refusal
		return
	}
	renamed := *t
	renamed.Name = tree.Ident{Name: r.folded(r.names.Prefix) + t.Name.Name, Quoted: true}
	r.edits.replace(t.NameSpan, with)
	if named && t.Alias == nil {
		r.edits.insert(t.RelationSpan.End, " AS "+t.NameSpan.Of(r.text))
		renamed.Alias = &tree.Alias{Name: t.Name}
	}
	if t.IndexName != nil {
		with, refusal := r.prefixed(t.IndexName.Name, t.IndexName.Start)
		if refusal != nil {
			r.refusal = refusal
			return
		}
		r.edits.replace(t.IndexName.Span, with)
		renamed.IndexName = &tree.Ident{Name: r.folded(r.names.Prefix) + t.IndexName.Name, Quoted: true}
	}
	r.expected[t] = &renamed
}

// folded returns a name as the front end of the dialect gives it when it is in quotes.
func (n naming) folded(name string) string {
	if n.sqlite() {
		return foldASCII(name)
	}
	return name
}

// withoutTableCommands returns a statement whose TABLE t are written as SELECT * FROM t, where a table may have an alias.
func (n naming) withoutTableCommands(s *tree.Statement) (*tree.Statement, error) {
	if s.Root == nil || n.sqlite() || n.names.Prefix == "" {
		return s, nil
	}
	var changes edits
	tree.Walk(s.Root, func(node tree.Node) bool {
		if b, ok := node.(*tree.Block); ok && b.TableCommand {
			changes.replace(tree.Span{Start: b.Start, End: b.Start + len("TABLE")}, "SELECT * FROM")
		}
		return true
	})
	if len(changes) == 0 {
		return s, nil
	}
	changes.sort()
	return statement.Read(n.dialect, changes.apply(s.Text))
}

// identifier is [Identifier] where there are names.
func (n naming) identifier(name []string) ([]string, *statement.Refusal) {
	if len(name) != 1 {
		return nil, refuse(0, "table", fmt.Sprintf("a schema stands before %s", strings.Join(name, ".")), hintName)
	}
	if refusal := n.refuseSystem(name[0], 0); refusal != nil {
		return nil, refusal
	}
	if n.names.Schema != "" {
		return []string{n.names.Schema, name[0]}, nil
	}
	if _, refusal := n.prefixed(name[0], 0); refusal != nil {
		return nil, refusal
	}
	return []string{n.names.Prefix + name[0]}, nil
}
