package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// place is where a value is in the shards' rows: a target from the left, from the right, or a hidden column.
type place struct {
	target, hidden int
	right          bool
}

func (s *selection) placeOf(k sortKey, o *tree.Order) (place, *statement.Refusal) {
	value := k.x
	if k.target >= 0 {
		value = s.b.Targets[k.target].X
	}
	time := s.isTime(s.b, value)
	if k.target >= 0 && !time {
		if s.wide < 0 || k.target < s.wide {
			return place{target: k.target, hidden: -1}, nil
		}
		if k.target > s.lastWide {
			return place{target: k.target, hidden: -1, right: true}, nil
		}
	}
	if s.b.Distinct && len(s.b.DistinctOn) == 0 && !s.inStar(k.x) && (k.target < 0 || !time) {
		return place{}, refuse(OrderBy, "ORDER BY", o, reasonDistinct, hintList)
	}
	if time {
		return place{hidden: s.hideStored(value)}, nil
	}
	if k.target >= 0 && mayDiffer(k.x) {
		return place{}, refuse(OrderBy, "ORDER BY", o, "where the column is isn't known, because of the stars around it", "put it before the stars")
	}
	return place{hidden: s.hide1(k.x)}, nil
}

// mayDiffer reports whether an expression may have another value when it is computed once more, as random() has.
func mayDiffer(x tree.Expr) bool {
	return find(x, func(n tree.Node) bool {
		switch n.(type) {
		case *tree.Call, *tree.Opaque, *tree.Subquery:
			return true
		}
		return false
	}) != nil
}

// inStar reports whether x is a column that a star of the list has as well, so that it makes no row more distinct.
func (s *selection) inStar(x tree.Expr) bool {
	column, ok := x.(*tree.Column)
	if !ok {
		return false
	}
	for _, t := range s.b.Targets {
		star, ok := tree.Bare(t.X).(*tree.Star)
		if !ok {
			continue
		}
		if len(star.Qualifier) == 0 || s.same.Equal(&tree.Row{Items: []tree.Expr{&tree.Column{Qualifier: star.Qualifier, Name: column.Name}}},
			&tree.Row{Items: []tree.Expr{column}}) {
			return true
		}
	}
	return false
}

// column returns a place as merge.Key has it, once all hidden columns are known.
func (s *selection) column(p place) int {
	n := len(s.b.Targets)
	switch {
	case p.hidden >= 0:
		return p.hidden - len(s.hidden)
	case p.right:
		return p.target - n - len(s.hidden)
	default:
		return p.target
	}
}
