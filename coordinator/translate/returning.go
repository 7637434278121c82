package translate

import "github.com/troupedb/troupe/coordinator/statement/tree"

// ownName is the name of the table whose rows are returned. To SQLite's RETURNING a table has no alias, so that its columns have
// the prefixed name before them.
type ownName struct {
	name, prefixed string
	captured       bool // something else is called prefixed here
}

// returning translates the outputs of a RETURNING.
func (r *rewriter) returning(target *tree.Table, outputs []*tree.Target, see *scope) {
	if r.sqlite() && r.names.Prefix != "" && target.Schema == nil {
		r.own = &ownName{name: target.Name.Name, prefixed: r.folded(r.names.Prefix) + target.Name.Name}
		defer func() { r.own = nil }()
	}
	for _, t := range outputs {
		r.walk(t, see)
	}
}

// within returns what r.own is in a query: what its own FROM calls so is another table.
func (r *rewriter) within(q *tree.Query) *ownName {
	if r.own == nil {
		return nil
	}
	names := map[string]bool{}
	arms(q.Body, func(b *tree.Block) {
		for _, item := range b.From {
			rangeNames(item, names)
		}
	})
	if names[r.own.name] {
		return nil
	}
	own := *r.own
	own.captured = own.captured || names[own.prefixed]
	return &own
}

// arms calls visit for the blocks whose rows a body's are.
func arms(body tree.Node, visit func(*tree.Block)) {
	switch n := body.(type) {
	case *tree.Block:
		visit(n)
	case *tree.SetOp:
		arms(n.Left, visit)
		arms(n.Right, visit)
	}
}

// rangeNames adds what columns of an item of a FROM may have before them.
func rangeNames(item tree.FromItem, names map[string]bool) {
	var alias *tree.Alias
	switch n := item.(type) {
	case *tree.Table:
		if alias = n.Alias; alias == nil {
			names[n.Name.Name] = true
		}
	case *tree.Derived:
		alias = n.Alias
	case *tree.TableFunction:
		alias = n.Alias
		for _, x := range n.Calls {
			if call, ok := x.(*tree.Call); ok && alias == nil {
				names[call.Name[len(call.Name)-1].Name] = true
			}
		}
	case *tree.Join:
		alias = n.Alias
		rangeNames(n.L, names)
		rangeNames(n.R, names)
	}
	if alias != nil {
		names[alias.Name.Name] = true
	}
}

// ownColumn translates the name before a column if it is the table's whose rows are returned.
func (r *rewriter) ownColumn(c *tree.Column) {
	if r.own == nil || len(c.Qualifier) != 1 || c.Qualifier[0].Name != r.own.name {
		return
	}
	if r.own.captured {
		r.refuse(c.Start, "RETURNING", "something else is called as the table is with its prefix", "choose another alias")
		return
	}
	with, refusal := r.prefixed(r.own.name, c.Start)
	if refusal != nil {
		r.refusal = refusal
		return
	}
	r.edits.replace(c.Qualifier[0].Span, with)
	renamed := *c
	renamed.Qualifier = []tree.Ident{{Name: r.own.prefixed, Quoted: true}}
	r.expected[c] = &renamed
}
