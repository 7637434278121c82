package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// elsewhere plans what the analysis refuses because a subquery's rows may be on other shards than the row around it, although
// there is none: SELECT EXISTS (SELECT …). A row exists if it does on one of the shards, so each shard's answer is the partial row
// of a single group. It returns nil if that isn't all there is to the statement.
func (p *planner) elsewhere(r *statement.Refusal) *Gather {
	root, ok := p.stmt.Root.(*tree.Query)
	if !ok || r.Code != statement.UnboundTable {
		return nil
	}
	l, r := levelsOf(root)
	b, ok := l.body.(*tree.Block)
	if r != nil || !ok || !p.onlyExists(l, b) {
		return nil
	}
	g, r := p.block(l, b)
	if r != nil {
		return nil
	}
	// Every shard that may have a row of one of the tables is asked.
	p.a.Scatter, p.a.Everywhere = nil, nil
	for _, o := range p.a.Occurrences {
		o.Anchor = true
	}
	return g
}

// onlyExists reports whether a block has nothing but outputs, and these nothing but EXISTS that shards can answer, constants, AND,
// OR and NOT.
func (p *planner) onlyExists(l levels, b *tree.Block) bool {
	for _, q := range l.queries {
		if q.With != nil || len(q.OrderBy) > 0 || len(q.Locks) > 0 {
			return false
		}
	}
	switch {
	case len(b.From) > 0, b.Where != nil, len(b.GroupBy) > 0, b.Having != nil, b.Distinct, b.Into, len(b.Windows) > 0, len(b.Targets) == 0:
		return false
	}
	for _, t := range b.Targets {
		if !p.ofExists(t.X) {
			return false
		}
	}
	return true
}

func (p *planner) ofExists(x tree.Expr) bool {
	switch n := tree.Bare(x).(type) {
	case *tree.Literal, *tree.Param:
		return true
	case *tree.Unary:
		return n.Op == "NOT" && p.ofExists(n.X)
	case *tree.Logic:
		for _, arg := range n.Args {
			if !p.ofExists(arg) {
				return false
			}
		}
		return true
	case *tree.Exists:
		return p.answerable(n.Query)
	default:
		return false
	}
}

// answerable reports whether a query has a row exactly if it has one on one of the shards.
func (p *planner) answerable(q *tree.Query) bool {
	b, ok := q.Body.(*tree.Block)
	if !ok || b.Having != nil || b.GroupingSets || q.Offset != nil || q.WithTies {
		return false
	}
	if q.Limit != nil {
		// One row is enough, so any limit will do but 0.
		if limit, ok := boundOf(p.d, q.Limit); !ok || limit.Kind != BoundLiteral || limit.Value < 1 {
			return false
		}
	}
	// The query as a statement of its own is analysed like any other. Its clauses would be the planner's, and make no difference:
	// there is a group if there is a row, and without GROUP BY there always is.
	alone := &tree.Statement{
		Dialect: p.stmt.Dialect, Text: p.stmt.Text, Kind: tree.Select, Name: "SELECT", Root: q, Body: q.Span, Params: p.stmt.Params,
	}
	tree.Walk(q, func(n tree.Node) bool {
		switch n.(type) {
		case *tree.Table:
			alone.Census.Tables++
		case *tree.Block, *tree.Values:
			alone.Census.Blocks++
		}
		return true
	})
	a := statement.Analyse(alone, p.catalogue)
	return a.Scatter == nil || a.Scatter.Code == statement.NoShardedTable
}
