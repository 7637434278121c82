package session

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/mapping"
)

// TestGroupedProperty: rows are grouped by their tables, and parents come before their children; where that can't be, it is said, and
// only there.
func TestGroupedProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tables := []*mapping.Struct{{Table: "a"}, {Table: "b"}, {Table: "c"}}
		rows := make([]*entry, rapid.IntRange(0, 8).Draw(t, "rows"))
		for i := range rows {
			rows[i] = &entry{mapping: rapid.SampledFrom(tables).Draw(t, "table")}
		}
		parents := map[*entry][]*entry{}
		for range rapid.IntRange(0, 8).Draw(t, "links") {
			if len(rows) == 0 {
				break
			}
			child := rapid.SampledFrom(rows).Draw(t, "child")
			parents[child] = append(parents[child], rapid.SampledFrom(rows).Draw(t, "parent"))
		}
		groups, err := grouped(rows, func(e *entry) []*entry { return parents[e] })
		if err != nil {
			require.True(t, circular(rows, parents))
			return
		}
		require.False(t, circular(rows, parents))
		all := slices.Concat(groups...)
		require.ElementsMatch(t, rows, all)
		seen := map[*mapping.Struct]bool{}
		for _, group := range groups {
			require.False(t, seen[group[0].mapping], "a table is in one group")
			seen[group[0].mapping] = true
			for _, e := range group {
				require.Same(t, group[0].mapping, e.mapping)
			}
		}
		for child, above := range parents {
			for _, p := range above {
				require.Less(t, slices.Index(all, p), slices.Index(all, child))
			}
		}
	})
}

// circular reports, by taking away what has no parent left as long as there is some, whether rows of a table or tables refer to each
// other.
func circular(rows []*entry, parents map[*entry][]*entry) bool {
	edges := map[any][]any{}
	var nodes []any
	for _, e := range rows {
		nodes = append(nodes, e, e.mapping)
		for _, p := range parents[e] {
			if p.mapping == e.mapping {
				edges[e] = append(edges[e], p)
			} else {
				edges[e.mapping] = append(edges[e.mapping], p.mapping)
			}
		}
	}
	for {
		left := slices.DeleteFunc(slices.Clone(nodes), func(n any) bool {
			return !slices.ContainsFunc(edges[n], func(up any) bool { return slices.Contains(nodes, up) })
		})
		if len(left) == len(nodes) {
			return len(nodes) > 0
		}
		nodes = left
	}
}
