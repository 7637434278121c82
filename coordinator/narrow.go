package coordinator

import (
	"context"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
)

// narrowing is what a statement's keys say about shards, before a pin or a chooser says otherwise.
type narrowing struct {
	// targets are the shards to ask, in ascending order; at least one.
	targets []int
	// occurrences has for each occurrence of a sharded table the shards where rows of it may matter.
	occurrences []*shardSet
}

// narrow finds the shards that a statement needs, with its arguments: see docs/statements.md. The error is the refusal of
// a statement that no set of shards can answer exactly, each for itself.
func (c *catalogue) narrow(ctx context.Context, a *statement.Analysis, args []any, shards int) (*narrowing, error) {
	n := &narrowing{}
	all, anchors := newShardSet(shards), newShardSet(shards)
	for _, o := range a.Occurrences {
		set := newShardSet(shards)
		if err := c.place(ctx, o, args, set); err != nil {
			return nil, err
		}
		n.occurrences = append(n.occurrences, set)
		all.union(set)
		if o.Anchor {
			anchors.union(set)
		}
	}
	switch {
	case all.n <= 1:
		n.targets = all.numbers() // that shard has every row that the statement can touch: it may hold any SQL
	case a.Scatter != nil:
		return nil, a.Scatter.Err()
	default:
		n.targets = anchors.numbers()
	}
	if len(n.targets) == 0 {
		n.targets = []int{0} // no row can match anywhere; one shard still has an answer to give, such as a count of 0
	}
	return n, nil
}

// place adds to set the shards where rows of an occurrence may matter.
func (c *catalogue) place(ctx context.Context, o *statement.Occurrence, args []any, set *shardSet) error {
	if o.Decl == nil {
		set.addAll()
		return nil
	}
	keys := keysOf(o, args)
	for _, k := range keys {
		if k.Empty() {
			return nil
		}
	}
	return c.routerFor(ctx, o.Decl).add(keys, set)
}

// keysOf returns the keys of an occurrence of a declared table, by key column.
func keysOf(o *statement.Occurrence, args []any) []keyset.Keys {
	keys := make([]keyset.Keys, len(o.Keys))
	for i, s := range o.Keys {
		keys[i] = keyset.Evaluate(s, o.Decl.Keys[i].Type, args)
	}
	return keys
}

// routerFor returns the router of a table, for one call.
func (c *catalogue) routerFor(ctx context.Context, t *statement.Table) router {
	r := c.routers[t]
	if custom, ok := r.(customRouter); ok {
		custom.ctx = ctx
		return custom
	}
	return r
}
