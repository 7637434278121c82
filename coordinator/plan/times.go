package plan

import (
	"maps"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Times are the columns of SQLite's tables whose values may be passed on as times, because they are declared so. SQLite
// orders and tells apart the values that are stored, and many texts are one time, so such a column is merged by +column: an expression
// has no declared type, and comes as it is stored. It is immutable; nil are none.
type Times struct {
	columns map[TimeColumn]bool
}

// TimeColumn is a column that may be declared as a time.
type TimeColumn struct {
	// Table and Column are in lower case. An empty Column is every one of a view, or of what else has columns of unknown types.
	Table, Column string
}

// With returns t with further columns: t itself if it has them.
func (t *Times) With(columns []TimeColumn) *Times {
	var more *Times
	for _, c := range columns {
		if t != nil && t.columns[c] {
			continue
		}
		if more == nil {
			more = &Times{columns: map[TimeColumn]bool{}}
			if t != nil {
				maps.Copy(more.columns, t.columns)
			}
		}
		more.columns[c] = true
	}
	if more == nil {
		return t
	}
	return more
}

func (t *Times) has(table, column string) bool {
	return t != nil && (t.columns[TimeColumn{table, column}] || t.columns[TimeColumn{Table: table}])
}

// isTime reports whether x is a column of b that SQLite may pass on as a time.
func (s *selection) isTime(b *tree.Block, x tree.Expr) bool {
	if s.d != messages.SQLite {
		return false
	}
	c, ok := tree.Bare(x).(*tree.Column)
	if !ok {
		return false
	}
	s.asksTimes = true
	table, column, ok := s.a.ColumnOf(b, c)
	if !ok {
		return s.options.Times != nil // it may be any table's
	}
	return s.options.Times.has(table, column)
}

// stored returns the column x as SQLite stores it.
func stored(x tree.Expr) *tree.Unary { return &tree.Unary{Op: "+", X: x} }

// twins has rows of DISTINCT told apart by times as they are stored. A column and what it is stored as are equal together, so the
// shards' rows stay as distinct as they are.
func (s *selection) twins() {
	for i, t := range s.b.Targets {
		if !s.isTime(s.b, t.X) {
			continue
		}
		visible := place{target: i, hidden: -1, right: s.wide >= 0 && i > s.wide}
		if visible.right && i < s.lastWide {
			continue // where it is isn't known
		}
		s.twinned = append(s.twinned, twin{visible, place{hidden: s.hideStored(t.X)}})
	}
}

// twin is a target, and where it is as it is stored.
type twin struct{ visible, stored place }

// storedColumn is a column of the shards' groups that is the column x as it is stored.
func storedColumn(x tree.Expr) column {
	x = tree.Bare(x)
	return column{with: []piece{literal("+"), source(x)}, x: stored(x), key: true}
}

// asShown returns x, or the value that a group shows if x is a key that is compared as it is stored.
func (s *grouping) asShown(x merge.Expr) merge.Expr {
	key, ok := x.(merge.KeyRef)
	if !ok {
		return x
	}
	at, ok := s.shown[key.Index]
	if !ok {
		return x
	}
	for i, a := range s.groups.Aggregates {
		if a.Func == merge.Any && a.Column == at {
			return merge.AggregateRef{Index: i}
		}
	}
	return merge.AggregateRef{Index: s.addCombined(merge.Aggregate{Func: merge.Any, Column: at}, nil)}
}
