package translate

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// rewriter translates one statement that reads or changes rows.
type rewriter struct {
	naming
	text  string
	edits edits
	// expected has the nodes that read differently afterwards, as they should.
	expected map[tree.Node]tree.Node
	tables   int      // met so far
	own      *ownName // within a RETURNING of SQLite; else nil
	refusal  *statement.Refusal
}

// rows translates the text of one statement that reads or changes rows. Offsets in an error are those of text.
func (n naming) rows(text string) (string, error) {
	s, err := statement.Read(n.dialect, text)
	if err != nil {
		return "", unread(err)
	}
	if s, err = n.withoutTableCommands(s); err != nil {
		return "", err
	}
	r := &rewriter{naming: n, text: s.Text, expected: map[tree.Node]tree.Node{}}
	if s.Root == nil {
		return "", refuse(s.Body.Start, s.Name, "it isn't translated to the names of the shard's tables", hintBackend).Err()
	}
	r.walk(s.Root, nil)
	switch {
	case r.refusal != nil:
		return "", r.refusal.Err()
	case r.tables != s.Census.Tables: // a table may hide in what isn't understood
		return "", refuse(s.Body.Start, s.Name, "not all of its tables are found", hintBackend).Err()
	}
	r.edits.sort()
	out := r.edits.apply(s.Text)
	again, err := statement.Read(n.dialect, out)
	if err != nil || !(&tree.Comparer{Expected: r.expected}).Equal(s.Root, again.Root) {
		return "", refuse(s.Body.Start, s.Name, "with translated names it reads differently", hintAlias+"; or "+hintBackend).Err()
	}
	return out, nil
}

func (r *rewriter) refuse(at int, clause, reason, hint string) {
	if r.refusal == nil {
		r.refusal = refuse(at, clause, reason, hint)
	}
}

// walk translates what n has, where the expressions in see are seen.
func (r *rewriter) walk(n tree.Node, see *scope) {
	before := len(r.edits)
	var done *tree.Table // translated here, because it is no item of a FROM
	switch n := n.(type) {
	case *tree.With:
		return // walked by what has it
	case *tree.Query:
		around := r.own
		defer func() { r.own = around }()
		r.own = r.within(n)
		see = r.with(n.With, see)
	case *tree.InsertStmt:
		see, done = r.with(n.With, see), n.Target
		r.changed(n.Target, n.Returning, see)
	case *tree.UpdateStmt:
		see, done = r.with(n.With, see), n.Target
		r.changed(n.Target, n.Returning, see)
	case *tree.DeleteStmt:
		see, done = r.with(n.With, see), n.Target
		r.changed(n.Target, n.Returning, see)
	case *tree.In:
		if done = n.Table; done != nil {
			r.table(n.Table, see, false)
		}
	case *tree.Upsert:
		r.constraint(n)
	case *tree.Block:
		if n.Into {
			r.refuse(n.Start, "SELECT INTO", "the table that it makes isn't translated", "use CREATE TABLE and INSERT … SELECT")
		}
	case *tree.Column:
		r.qualifier(n.Qualifier)
		r.ownColumn(n)
	case *tree.Star:
		r.qualifier(n.Qualifier)
	case *tree.TableFunction:
		r.tableFunction(n)
	case *tree.Opaque:
		r.inFunction(n)
	case *tree.Call:
		r.call(n)
	case *tree.Cast:
		r.cast(n)
	}
	tree.Children(n, func(child tree.Node) {
		switch t := child.(type) {
		case *tree.Table:
			if t != done {
				r.table(t, see, true)
			}
		case *tree.Target:
			if done != nil {
				return // of a RETURNING
			}
		}
		r.walk(child, see)
	})
	if t, ok := n.(*tree.Target); ok && len(r.edits) > before {
		r.keepName(t)
	}
}

// changed translates the target of a change, and what is returned of it.
func (r *rewriter) changed(target *tree.Table, outputs []*tree.Target, see *scope) {
	if target.Schema != nil && r.catalogue(target.Schema.Name) {
		r.refuse(target.NameSpan.Start, "system table", "the database's own tables are only read", hintBackend)
	}
	r.table(target, nil, true)
	r.returning(target, outputs, see)
}

// qualifier refuses a column's with a schema.
func (r *rewriter) qualifier(names []tree.Ident) {
	if len(names) > 1 {
		r.refuse(names[0].Start, "column", "a schema stands before its table", hintName)
	}
}

// tableFunction refuses what asks SQLite for tables by their names, in texts.
func (r *rewriter) tableFunction(n *tree.TableFunction) {
	for _, x := range n.Calls {
		if call, ok := x.(*tree.Call); ok && r.sqlite() && len(call.Name) > 0 {
			if refusal := r.refuseSystem(call.Name[len(call.Name)-1].Name, call.Start); refusal != nil && r.refusal == nil {
				r.refusal = refusal
			}
		}
	}
}

// inFunction refuses the same after an IN, of which the tree has no more than its text.
func (r *rewriter) inFunction(n *tree.Opaque) {
	if !r.sqlite() || n.What != sqlite.InFunction {
		return
	}
	from := n.Children[0].Extent().End
	tokens, err := r.lex(r.text[from:n.End])
	for i := 1; err == nil && i < len(tokens); i++ {
		if name := tokens[i-1]; tokens[i].IsSymbol("(") {
			if refusal := r.refuseSystem(foldASCII(name.Name), from+name.Start); refusal != nil && r.refusal == nil {
				r.refusal = refusal
			}
			return
		}
	}
}

// keepName gives an output of SQLite, whose name is its text, the name that it had.
func (r *rewriter) keepName(t *tree.Target) {
	if _, named := tree.Bare(t.X).(*tree.Column); named || !r.sqlite() || t.Alias != nil {
		return
	}
	name := sqlite.WrittenName(r.text, t.X.Extent())
	r.edits.insert(t.X.Extent().End, " AS "+quote(name))
	named := *t
	named.Alias = &tree.Ident{Name: foldASCII(name), Quoted: true}
	r.expected[t] = &named
}

// constraint translates the name after ON CONSTRAINT.
func (r *rewriter) constraint(n *tree.Upsert) {
	if n.Constraint == nil || r.names.Prefix == "" {
		return
	}
	with, refusal := r.prefixed(n.Constraint.Name, n.Constraint.Start)
	if refusal != nil {
		r.refusal = refusal
		return
	}
	r.edits.replace(n.Constraint.Span, with)
	renamed := *n
	renamed.Constraint = &tree.Ident{Name: r.names.Prefix + n.Constraint.Name, Quoted: true}
	r.expected[n] = &renamed
}

func foldASCII(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
