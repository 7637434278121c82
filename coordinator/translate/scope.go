package translate

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// scope are the names of common table expressions that a place of a statement sees; nil are none.
type scope struct {
	outer *scope
	names []string
}

func (s *scope) has(name string) bool {
	for ; s != nil; s = s.outer {
		if slices.Contains(s.names, name) {
			return true
		}
	}
	return false
}

// with walks the bodies of a WITH clause and returns what the statement that has it sees. In SQLite, and in PostgreSQL with RECURSIVE,
// the expressions see each other and themselves; else each sees those before it.
func (r *rewriter) with(w *tree.With, around *scope) *scope {
	if w == nil {
		return around
	}
	all := &scope{outer: around}
	for _, e := range w.Tables {
		all.names = append(all.names, e.Name.Name)
	}
	for i, e := range w.Tables {
		see := all
		if !r.sqlite() && !w.Recursive {
			see = &scope{outer: around, names: all.names[:i]}
		}
		if target := targetOf(e.Body); !r.sqlite() && w.Recursive && target != nil && target.Schema == nil && target.Name.Name == e.Name.Name {
			r.refuse(target.NameSpan.Start, "WITH RECURSIVE", "to PostgreSQL the target is the expression itself, which would be recursive",
				"call the expression otherwise")
		}
		r.walk(e.Body, see)
	}
	return all
}

// targetOf returns the table that a change changes; nil if n is none.
func targetOf(n tree.Node) *tree.Table {
	switch n := n.(type) {
	case *tree.InsertStmt:
		return n.Target
	case *tree.UpdateStmt:
		return n.Target
	case *tree.DeleteStmt:
		return n.Target
	}
	return nil
}
