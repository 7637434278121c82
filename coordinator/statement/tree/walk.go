package tree

// Children calls visit for every node directly below n that isn't nil, in the order of the text: expressions, queries, items
// of a FROM, and the parts that hold them. Names and types are no nodes here. It panics for a type it doesn't know.
func Children(n Node, visit func(Node)) {
	v := visitor{visit}
	switch n := n.(type) {
	case *Column, *Star, *Literal, *Param, *Default, *Lock:
	case *Paren:
		v.expr(n.X)
	case *Unary:
		v.expr(n.X)
	case *Binary:
		v.exprs(n.L, n.R)
	case *Logic:
		v.exprs(n.Args...)
	case *Is:
		v.exprs(n.X, n.Y)
	case *In:
		v.expr(n.X)
		v.exprs(n.List...)
		v.query(n.Query)
		if n.Table != nil {
			v.visit(n.Table)
		}
	case *Quantified:
		v.exprs(n.X, n.Array)
		v.query(n.Query)
	case *Between:
		v.exprs(n.X, n.Lo, n.Hi)
	case *Like:
		v.exprs(n.X, n.Pattern, n.Escape)
	case *Case:
		v.expr(n.Operand)
		nodes(v, n.Whens)
		v.expr(n.Else)
	case *When:
		v.exprs(n.Cond, n.Result)
	case *Cast:
		v.expr(n.X)
	case *Collate:
		v.expr(n.X)
	case *Call:
		v.exprs(n.Args...)
		nodes(v, n.OrderBy)
		nodes(v, n.WithinGroup)
		v.expr(n.Filter)
		if n.Over != nil {
			v.visit(n.Over)
		}
	case *Row:
		v.exprs(n.Items...)
	case *Array:
		v.exprs(n.Items...)
		v.query(n.Query)
	case *Subquery:
		v.query(n.Query)
	case *Exists:
		v.query(n.Query)
	case *Opaque:
		nodes(v, n.Children)
	default:
		v.larger(n)
	}
}

// larger is Children of what is no expression.
func (v visitor) larger(n Node) {
	switch n := n.(type) {
	case *Query:
		v.with(n.With)
		v.node(n.Body)
		nodes(v, n.OrderBy)
		locksFirst := n.locksFirst()
		if locksFirst {
			nodes(v, n.Locks)
		}
		if n.Limit != nil && n.Offset != nil && n.Offset.Extent().Start < n.Limit.Extent().Start {
			v.exprs(n.Offset, n.Limit)
		} else {
			v.exprs(n.Limit, n.Offset)
		}
		if !locksFirst {
			nodes(v, n.Locks)
		}
	case *With:
		nodes(v, n.Tables)
	case *CommonTable:
		v.node(n.Body)
	case *SetOp:
		v.node(n.Left)
		v.node(n.Right)
	case *Values:
		nodes(v, n.Rows)
	case *ValuesRow:
		v.exprs(n.Items...)
	case *Block:
		v.exprs(n.DistinctOn...)
		nodes(v, n.Targets)
		nodes(v, n.From)
		v.expr(n.Where)
		v.exprs(n.GroupBy...)
		v.expr(n.Having)
		nodes(v, n.Windows)
	case *Target:
		v.expr(n.X)
	case *Order:
		v.expr(n.X)
	case *NamedWindow:
		v.visit(n.Window)
	case *Window:
		v.exprs(n.PartitionBy...)
		nodes(v, n.OrderBy)
		v.exprs(n.Frame...)
	case *Table:
		v.exprs(n.Sampled...)
	case *Derived:
		v.query(n.Query)
	case *TableFunction:
		v.exprs(n.Calls...)
	case *Join:
		v.node(n.L)
		v.node(n.R)
		v.expr(n.On)
	default:
		v.change(n)
	}
}

// change is Children of what changes rows.
func (v visitor) change(n Node) {
	switch n := n.(type) {
	case *InsertStmt:
		v.with(n.With)
		v.visit(n.Target)
		nodes(v, n.Rows)
		v.query(n.Query)
		nodes(v, n.Upserts)
		nodes(v, n.Returning)
	case *Upsert:
		v.exprs(n.Target...)
		v.expr(n.TargetWhere)
		nodes(v, n.Set)
		v.expr(n.Where)
	case *UpdateStmt:
		v.with(n.With)
		v.visit(n.Target)
		nodes(v, n.Set)
		nodes(v, n.From)
		v.expr(n.Where)
		nodes(v, n.Returning)
		nodes(v, n.OrderBy)
		v.expr(n.Limit)
	case *DeleteStmt:
		v.with(n.With)
		v.visit(n.Target)
		nodes(v, n.Using)
		v.expr(n.Where)
		nodes(v, n.Returning)
		nodes(v, n.OrderBy)
		v.expr(n.Limit)
	case *Assignment:
		v.exprs(n.Children...)
		v.expr(n.Value)
	default:
		panic("bug: the tree has an unknown node")
	}
}

// locksFirst reports whether FOR UPDATE stands before LIMIT or OFFSET.
func (q *Query) locksFirst() bool {
	if len(q.Locks) == 0 {
		return false
	}
	at := q.Locks[0].Start
	return q.Limit != nil && at < q.LimitSpan.Start || q.Offset != nil && at < q.OffsetSpan.Start
}

type visitor struct{ visit func(Node) }

func (v visitor) node(n Node) {
	if n != nil {
		v.visit(n)
	}
}

func (v visitor) expr(e Expr) {
	if e != nil {
		v.visit(e)
	}
}

func (v visitor) exprs(list ...Expr) {
	for _, e := range list {
		v.expr(e)
	}
}

func (v visitor) query(q *Query) {
	if q != nil {
		v.visit(q)
	}
}

func (v visitor) with(w *With) {
	if w != nil {
		v.visit(w)
	}
}

func nodes[N Node](v visitor, list []N) {
	for _, n := range list {
		v.visit(n)
	}
}

// Walk calls visit for n and everything below it, parents first, in the order of the text; what is below a node for which
// visit returns false is left out. Its recursion is as deep as the tree.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	Children(n, func(child Node) { Walk(child, visit) })
}
