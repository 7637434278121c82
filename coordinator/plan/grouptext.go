package plan

import (
	"slices"
	"strconv"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// gather writes the shards' statement: the columns, grouped by those that are keys, and nothing that comes after groups.
func (s *grouping) gather() (*Gather, *statement.Refusal) {
	var with, by []piece
	block := *s.b
	block.Targets, block.GroupBy, block.Having = nil, nil, nil
	for i, c := range s.columns {
		if i > 0 {
			with = append(with, literal(", "))
		}
		with = append(with, c.with...)
		t := &tree.Target{X: c.x}
		if c.alias != nil {
			t.Alias = &c.alias.Name
		}
		block.Targets = append(block.Targets, t)
		if !c.key {
			continue
		}
		if len(by) > 0 {
			by = append(by, literal(", "))
		}
		if c.alias != nil {
			by = append(by, source(c.alias))
			block.GroupBy = append(block.GroupBy, c.alias)
		} else {
			by = append(by, literal(strconv.Itoa(i+1)))
			block.GroupBy = append(block.GroupBy, &tree.Literal{Value: int64(i + 1)})
		}
	}
	if s.d == messages.SQLite {
		if r := s.lostAliases(); r != nil {
			return nil, r
		}
	}
	s.text.replace(s.b.TargetsSpan, with...)
	s.replaceGroups(by)
	clauses := *s.q
	clauses.OrderBy = nil
	if len(s.q.OrderBy) > 0 {
		s.text.remove(withBlanks(s.stmt.Text, s.q.OrderSpan))
	}
	s.limit.drop(&s.text)
	clauses.Limit, clauses.Offset = nil, nil
	s.spec.Group = &s.groups
	s.spec.Cut = s.limit.cut()
	gather, r := s.newGather(&s.text, s.levels.with(&block, &clauses), nil)
	if r != nil {
		return nil, r
	}
	gather = s.finish(gather)
	return gather, s.sharedArgument(gather)
}

// sharedArgument refuses a parameter of PostgreSQL that the merge computes with and that is elsewhere as well: the type that it gets
// there isn't known here.
func (s *grouping) sharedArgument(g *Gather) *statement.Refusal {
	if s.d != messages.PostgreSQL {
		return nil
	}
	for _, p := range s.arguments {
		shared := g.Args == nil || g.Limit.Ordinal == p.Ordinal || g.Offset.Ordinal == p.Ordinal
		if shared || slices.ContainsFunc(g.Args, func(a Arg) bool { return !a.Limit && a.Ordinal == p.Ordinal }) {
			return refuse(Expression, "$"+strconv.Itoa(p.Ordinal), p,
				"it is computed with over merged aggregates, and its type depends on where else it is", "pass the value twice, as another parameter")
		}
	}
	return nil
}

// replaceGroups writes GROUP BY by, in the place of the statement's own, and removes HAVING.
func (s *grouping) replaceGroups(by []piece) {
	end := beforeGroups(s.b)
	if n := len(s.b.GroupBy); n > 0 {
		end = s.b.GroupBy[n-1].Extent().End
		s.text.replace(tree.Span{Start: s.b.GroupBy[0].Extent().Start, End: end}, by...)
		by = nil
	}
	if len(by) > 0 {
		by = append([]piece{literal(" GROUP BY ")}, by...)
	}
	if s.b.Having != nil {
		s.text.replace(tree.Span{Start: end, End: s.b.Having.Extent().End}, by...)
	} else if len(by) > 0 {
		s.text.insert(end, by...)
	}
}

// beforeGroups returns where the part of a block ends that comes before GROUP BY.
func beforeGroups(b *tree.Block) int {
	n := len(b.From)
	switch {
	case b.Where != nil:
		return b.Where.Extent().End
	case n > 0:
		return b.From[n-1].Extent().End
	default:
		return b.TargetsSpan.End
	}
}

// lostAliases refuses a WHERE or FROM in which a name may be an alias, which SQLite allows, for the aliases are gone.
func (s *grouping) lostAliases() *statement.Refusal {
	if s.b.Where != nil {
		if r := s.aliasIn(s.b.Where, "WHERE"); r != nil {
			return r
		}
	}
	for _, item := range s.b.From {
		if r := s.aliasIn(item, "ON"); r != nil {
			return r
		}
	}
	return nil
}
