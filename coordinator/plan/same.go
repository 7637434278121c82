package plan

import (
	"reflect"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Same returns nil if two plans of one text in two dialects mean the same, so that shards of both can answer together: the
// statement is understood alike, and merged alike but for what the dialects' values and collations decide. Else it returns an error of
// code [messages.ErrRefused]. Names of computed columns may differ; those of a count: the merge takes those of the plan that it follows.
func Same(a, b *Plan) error {
	x, y := a.Analysis.Tree, b.Analysis.Tree
	alike := tree.Comparer{Loose: true}
	switch {
	case x.Kind != y.Kind || x.Kind == tree.Other && x.Name != y.Name:
		return differ(x, "one is a "+x.Name+", the other a "+y.Name)
	case x.Kind != tree.Other && !alike.Equal(x.Root, y.Root):
		return differ(x, "the dialects read it differently")
	case (a.Gather == nil) != (b.Gather == nil) || (a.Insert == nil) != (b.Insert == nil):
		if r := a.Refusal; r != nil {
			return r.Err()
		}
		return b.Refusal.Err()
	case a.Gather != nil && !sameMerge(a.Gather, b.Gather):
		return differ(x, "the answers would be merged differently")
	}
	return nil
}

func differ(t *tree.Statement, why string) error {
	r := statement.Refusal{
		Code: Dialects, Clause: t.Name, Offset: t.Body.Start,
		Reason: "shards of several dialects are asked, and " + why, Hint: "write it so that it means the same to all, or " + hintPin,
	}
	return r.Err()
}

func sameMerge(a, b *Gather) bool {
	if a.Limit != b.Limit || a.Offset != b.Offset || len(a.Hidden) != len(b.Hidden) {
		return false
	}
	if a.Merge == nil || b.Merge == nil {
		return a.Merge == b.Merge
	}
	return reflect.DeepEqual(undecided(a.Merge), undecided(b.Merge))
}

// undecided returns a spec without what the dialects decide.
func undecided(s *merge.Spec) merge.Spec {
	out := *s
	out.Dialect = messages.Dialect(0)
	out.Order, out.DistinctOn = plainKeys(s.Order), plainKeys(s.DistinctOn)
	if s.Group == nil {
		return out
	}
	g := *s.Group
	g.Keys = plainKeys(g.Keys)
	g.Aggregates = append([]merge.Aggregate{}, g.Aggregates...)
	for i := range g.Aggregates {
		g.Aggregates[i].Collation = merge.CollationUnknown
	}
	g.Outputs = append([]merge.Output{}, g.Outputs...)
	for i := range g.Outputs {
		g.Outputs[i].Name, g.Outputs[i].NameOf = "", 0
	}
	g.Order = append([]merge.GroupOrder{}, g.Order...)
	for i := range g.Order {
		g.Order[i].Collation = merge.CollationUnknown
	}
	out.Group = &g
	return out
}

func plainKeys(keys []merge.Key) []merge.Key {
	out := append([]merge.Key{}, keys...)
	for i := range out {
		out[i].Collation = merge.CollationUnknown
	}
	return out
}
