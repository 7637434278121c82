package plan

import (
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// knownColumns returns the names of the columns that the FROM's tables have, or nil if one of them isn't known.
func (s *selection) knownColumns() map[string]bool {
	known := map[string]bool{}
	for _, item := range s.b.From {
		if !s.addColumns(known, item) {
			return nil
		}
	}
	return known
}

func (s *selection) addColumns(known map[string]bool, item tree.FromItem) bool {
	switch n := item.(type) {
	case *tree.Join:
		return s.addColumns(known, n.L) && s.addColumns(known, n.R)
	case *tree.Table:
		table := s.catalogue.Table(n)
		if table == nil || len(table.Columns) == 0 || s.isCommon(n) || n.Alias != nil && len(n.Alias.Columns) > 0 {
			return false
		}
		for _, column := range table.Columns {
			known[column] = true
		}
		return true
	default:
		return false
	}
}

// isCommon reports whether a table may be a common table expression.
func (s *selection) isCommon(n *tree.Table) bool {
	for _, q := range s.levels.queries {
		if q.With == nil {
			continue
		}
		for _, c := range q.With.Tables {
			if c.Name.Name == n.Name.Name {
				return true
			}
		}
	}
	return false
}
