package statement

import "github.com/sqlc-dev/meyer/ast"

// binder walks a parse tree, gives every name its meaning and collects the comparisons.
type binder struct {
	census
	found []comparison
}

// place is where in a statement an expression stands.
type place struct {
	scope    *scope
	depth    int
	negated  bool
	conjunct bool
}

// aside returns p for a part of an expression that decides nothing by itself.
func (p place) aside() place {
	p.conjunct = false
	return p
}

func (b *binder) statement(stmt ast.Stmt) {
	switch n := stmt.(type) {
	case *ast.SelectStmt:
		b.query(n, place{conjunct: true})
	case *ast.InsertStmt:
		p := b.target(n.With, n.Table, n.Alias)
		if n.Select != nil {
			b.query(n.Select, place{scope: &scope{expressions: p.scope.expressions}, depth: 1})
		}
		eachNode(b, n.Upserts, p)
		eachNode(b, n.Returning, p)
	case *ast.UpdateStmt:
		p := b.target(n.With, n.Table, n.Alias)
		b.from(n.From, p)
		eachNode(b, n.Set, p)
		b.where(n.Where, p)
		eachNode(b, n.Returning, p)
		eachNode(b, n.OrderBy, p)
		b.limit(n.Limit, p)
	case *ast.DeleteStmt:
		p := b.target(n.With, n.Table, n.Alias)
		b.where(n.Where, p)
		eachNode(b, n.Returning, p)
		eachNode(b, n.OrderBy, p)
		b.limit(n.Limit, p)
	}
}

// target opens the block of a statement that changes a table.
func (b *binder) target(with *ast.With, table *ast.QualifiedName, alias *ast.Ident) place {
	b.tables++
	p := place{scope: &scope{}, conjunct: true}
	b.with(with, p)
	// The target is never a common table expression, though one may have its name.
	t := foldName(table.Name.Name)
	src := source{name: t, table: t}
	if alias != nil {
		src.name = foldName(alias.Name)
	}
	p.scope.sources = append(p.scope.sources, src)
	return p
}

// query walks a SELECT with all its arms. The rows of one arm needn't satisfy the WHERE of another.
func (b *binder) query(n *ast.SelectStmt, p place) {
	p.scope = &scope{outer: p.scope}
	b.with(n.With, p)
	p.conjunct = p.conjunct && p.depth == 0 && len(n.Cores) == 1
	for i, core := range n.Cores {
		arm := p
		if i > 0 {
			arm.depth++
		}
		b.block(core, arm)
	}
}

func (b *binder) with(n *ast.With, p place) {
	if n == nil {
		return
	}
	for _, e := range n.CTEs {
		p.scope.expressions = append(p.scope.expressions, foldName(e.Name.Name))
	}
	for _, e := range n.CTEs {
		b.query(e.Select, place{scope: p.scope, depth: p.depth + 1, negated: p.negated})
	}
}

func (b *binder) block(core ast.SelectCore, p place) {
	b.blocks++
	q, ok := core.(*ast.SelectQuery)
	if !ok {
		for _, child := range core.Children() {
			b.node(child, p.aside())
		}
		return
	}
	p.scope = &scope{outer: p.scope}
	for _, c := range q.Columns {
		if c.Alias != nil {
			p.scope.results = append(p.scope.results, foldName(c.Alias.Name))
		}
	}
	b.from(q.From, p)
	eachNode(b, q.Columns, p)
	b.where(q.Where, p)
	eachNode(b, q.GroupBy, p)
	b.node(q.Having, p.aside())
	eachNode(b, q.Windows, p)
	eachNode(b, q.OrderBy, p)
	b.limit(q.Limit, p)
}

// from binds all items before it looks at their conditions, which may refer to any of them. An outer join anywhere
// means that no condition holds for every row.
func (b *binder) from(list []*ast.TableRef, p place) {
	b.items(list, p)
	p.conjunct = p.conjunct && onlyInner(list)
	b.conditions(list, p)
}

func (b *binder) items(list []*ast.TableRef, p place) {
	for _, item := range list {
		switch {
		case item.Name != nil:
			b.tables++
			p.scope.add(item.Name, item.Alias, item.HasArgs)
			eachNode(b, item.Args, p)
		case item.Select != nil:
			b.query(item.Select, place{scope: p.scope.outer, depth: p.depth + 1, negated: p.negated})
			p.scope.addDerived(item.Alias)
		default:
			b.items(item.List, p)
			if item.Alias != nil {
				p.scope.addDerived(item.Alias)
			}
		}
	}
}

func (b *binder) conditions(list []*ast.TableRef, p place) {
	for _, item := range list {
		b.conditions(item.List, p)
		b.where(item.On, p)
	}
}

func onlyInner(list []*ast.TableRef) bool {
	for _, item := range list {
		if item.Join != nil && item.Join.Type&(ast.JoinLeft|ast.JoinRight|ast.JoinOuter) != 0 || !onlyInner(item.List) {
			return false
		}
	}
	return true
}

func (b *binder) where(e ast.Expr, p place) {
	if e != nil {
		b.condition(e, p)
	}
}

func (b *binder) limit(n *ast.Limit, p place) {
	if n != nil {
		b.node(n, p.aside())
	}
}

// eachNode walks parts of a statement that decide nothing by themselves.
func eachNode[N ast.Node](b *binder, list []N, p place) {
	for _, n := range list {
		b.node(n, p.aside())
	}
}

// node walks whatever isn't known to be a condition.
func (b *binder) node(n ast.Node, p place) {
	switch n := n.(type) {
	case nil:
	case *ast.SelectStmt:
		b.query(n, place{scope: p.scope, depth: p.depth + 1, negated: p.negated})
	case ast.Expr:
		b.condition(n, p)
	default:
		for _, child := range n.Children() {
			b.node(child, p.aside())
		}
	}
}
