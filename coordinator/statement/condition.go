package statement

import "github.com/troupedb/troupe/coordinator/statement/tree"

// conditions binds the conditions of one block: what its WHERE and its joins say about keys.
type conditions struct {
	a     *analyser
	level *level
	ctes  *expressions
	// bound are the keys that conditions which every row satisfies equate with keys further out.
	bound []link
	// never says that no row satisfies them.
	never bool
}

// item binds the conditions of an item's joins, those within a join first.
func (c *conditions) item(i *item) {
	j := i.join
	if j == nil {
		return
	}
	c.item(j.l)
	c.item(j.r)
	if j.tree.On == nil {
		return
	}
	v := c.level.whole()
	if !c.a.sqlite {
		// An ON sees the two sides of its join only.
		v.lo, v.hi = i.lo, i.hi
	}
	inner := j.tree.Kind == tree.Inner || j.tree.Kind == tree.Cross
	conjuncts(j.tree.On, func(e tree.Expr) {
		if inner {
			c.inner(e, v, j)
		} else {
			c.outer(e, v, i, j)
		}
	})
	c.a.expr(j.tree.On, &site{view: v, ctes: c.ctes})
}

func (c *conditions) where(e tree.Expr) {
	if e == nil {
		return
	}
	v := c.level.whole()
	conjuncts(e, func(e tree.Expr) { c.inner(e, v, nil) })
	c.a.expr(e, &site{view: v, ctes: c.ctes})
}

// conjuncts calls visit for the conditions that all have to hold for e to hold.
func conjuncts(e tree.Expr, visit func(tree.Expr)) {
	e = tree.Bare(e)
	if l, ok := e.(*tree.Logic); ok && !l.Or {
		for _, arg := range l.Args {
			conjuncts(arg, visit)
		}
		return
	}
	visit(e)
}

// inner takes a conjunct of WHERE, where j is nil, or of an inner join. Below an outer join the rows that don't satisfy it are
// dropped from one side only, so it tells which rows of that side are joined, and nothing else.
func (c *conditions) inner(e tree.Expr, v view, j *joining) {
	equalities(e, func(l, r tree.Expr) {
		x, xr := v.slot(l)
		y, yr := v.slot(r)
		switch {
		case x == nil || y == nil || xr.up > 0 && yr.up > 0:
			return
		case xr.up == 0 && yr.up == 0:
			equate(x, y)
			return
		case xr.up > 0:
			x, y = y, x
		}
		x.inherit(y)
		if j == nil || !j.below {
			c.bound = withLink(c.bound, link{x, y})
		} else {
			j.bound = withLink(j.bound, link{x, y})
		}
	})
	if j != nil && j.below {
		return
	}
	f := judge{v, c.a.tree.Dialect}.facts(e, true)
	c.never = c.never || f.never
	for _, k := range f.known {
		k.slot.restrict(k.set)
	}
}

// outer takes a conjunct of an outer join, bound as i. It chooses the rows that the kept ones are joined with: these have the
// keys of the others, which learn nothing.
func (c *conditions) outer(e tree.Expr, v view, i *item, j *joining) {
	equalities(e, func(l, r tree.Expr) {
		x, xr := v.slot(l)
		y, yr := v.slot(r)
		if x == nil || y == nil || xr.up > 0 && yr.up > 0 {
			return
		}
		xSide, ySide := sideOf(c.level, i, j, xr), sideOf(c.level, i, j, yr)
		if xSide == leftSide && ySide == rightSide || xSide == rightSide && ySide == leftSide {
			j.links = withLink(j.links, link{x, y})
		}
		extended := rightSide
		switch j.tree.Kind {
		case tree.Right:
			extended = leftSide
		case tree.Full:
			return
		}
		switch {
		case ySide == extended && xSide != extended && xSide != noSide:
			x, y = y, x
			xSide, ySide = ySide, xSide
		case xSide != extended || ySide == extended || ySide == noSide:
			return
		}
		x.inherit(y)
		if ySide == furtherOut {
			j.bound = withLink(j.bound, link{x, y})
		}
	})
}

// side is where a column of a join's condition comes from.
type side uint8

const (
	noSide side = iota // of the same block, but no side of the join
	leftSide
	rightSide
	furtherOut
)

func sideOf(l *level, i *item, j *joining, r resolved) side {
	if r.up > 0 {
		return furtherOut
	}
	for n := i.lo; n < i.hi; n++ {
		if l.vars[n] != r.in {
			continue
		}
		switch {
		case n < j.l.hi:
			return leftSide
		case n >= j.r.lo && n < j.r.hi:
			return rightSide
		}
	}
	return noSide
}

// equalities calls visit for the two sides of an equality, or of each of those that an equality of rows consists of.
func equalities(e tree.Expr, visit func(l, r tree.Expr)) {
	b, ok := e.(*tree.Binary)
	if !ok || b.Op != "=" || b.Qualified {
		return
	}
	x, y, ok := rows(b.L, b.R)
	if !ok {
		visit(b.L, b.R)
		return
	}
	for i := range x {
		visit(x[i], y[i])
	}
}
