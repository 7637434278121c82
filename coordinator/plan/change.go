package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// change plans an UPDATE or DELETE: each shard changes its own rows. Their counts are added, and what they return is concatenated.
func (p *planner) change() (*Gather, *statement.Refusal) {
	if table := p.a.ChangesReference; table != "" {
		return nil, statement.RefuseReference(p.stmt, table)
	}
	return p.newGather(&splice{stmt: p.stmt}, p.stmt.Root, nil)
}

// everywhere returns why an Exec may not run the text on every shard as it is: what the analysis has against it or, of a SELECT,
// that its answers would have to be merged.
func (p *planner) everywhere(plan *Plan) *statement.Refusal {
	switch {
	case p.a.Everywhere != nil || p.stmt.Kind != tree.Select:
		return p.a.Everywhere
	case plan.Refusal != nil:
		return plan.Refusal
	case plan.Gather.Merge != nil:
		return refuse(Merged, p.stmt.Name, p.stmt.Body, "the shards' rows would have to be merged", "use Query")
	default:
		return nil
	}
}
