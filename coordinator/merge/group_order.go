package merge

import (
	"slices"

	"github.com/troupedb/troupe/messages"
)

// choose drops the groups that HAVING doesn't want and sorts the others.
func (g *groups) choose() error {
	if g.having == nil && len(g.order) == 0 {
		return nil
	}
	at := groupAt{groups: g}
	terms := len(g.order)
	var values []datum
	g.left = make([]int, 0, len(g.table.groups))
	places := make([]int, 0, len(g.table.groups)) // of the chosen
	for at.index = range g.table.groups {
		if err := g.settle(&at); err != nil {
			return err
		}
		if g.having != nil {
			v, err := g.having.eval(&at)
			if err != nil {
				return err
			}
			truth, known, err := v.truth()
			if err != nil {
				return err
			}
			if !truth || !known {
				continue
			}
		}
		for i := range g.order {
			var v datum
			if n := g.order[i].node; n != nil {
				var err error
				if v, err = n.eval(&at); err != nil {
					return err
				}
			}
			values = append(values, v)
		}
		places = append(places, len(g.left))
		g.left = append(g.left, at.index)
		g.values += int64(terms)*datumBytes + 16
		if err := g.fits(); err != nil {
			return err
		}
	}
	if terms == 0 {
		return nil
	}
	var failed error
	slices.SortStableFunc(places, func(a, b int) int {
		for i := range g.order {
			order, err := g.order[i].compareGroups(g, g.left[a], g.left[b], &values[a*terms+i], &values[b*terms+i])
			if err != nil && failed == nil {
				failed = err
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	for i, place := range places {
		places[i] = g.left[place]
	}
	g.left = places
	return failed
}

const datumBytes = 112

// compareGroups orders two groups by one term. av and bv are its values, if it doesn't pass a value.
func (t *orderTerm) compareGroups(g *groups, a, b int, av, bv *datum) (order int, err error) {
	aNull, bNull := av.kind == nullDatum, bv.kind == nullDatum
	if t.passed != nil {
		af, column, a := t.passed.of(g, a)
		bf, _, b := t.passed.of(g, b)
		if aNull, bNull = a == nil, b == nil; !aNull && !bNull {
			order, err = t.compare.compare(af, column, a, bf, column, b)
		}
	} else if !aNull && !bNull {
		switch {
		case av.kind == textDatum && bv.kind == textDatum && !t.bytewise:
			err = cannot("order by the aggregate itself", "ORDER BY a computed text that may have a collation")
		case g.spec.Dialect == messages.SQLite:
			order = compareSQLite(av, bv)
		default:
			order, err = compareValues(av, bv)
		}
	}
	switch {
	case aNull || bNull:
		order = compareBools(aNull, bNull)
		if t.NullsFirst {
			order = -order
		}
	case t.Desc:
		order = -order
	}
	return order, err
}
