package coordinator

import (
	"context"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
)

// knowCollations fills in how texts are merged, if that is known of all targets; else the shards are to be asked, which may
// block.
func (c *call) knowCollations() error {
	needed := false
	for _, p := range c.plans {
		needed = needed || len(p.plan.Gather.Lookups) > 0
	}
	if !needed {
		return c.useCollations(func(int, plan.Lookup) (merge.Collation, error) { panic("bug: a look-up that isn't needed") })
	}
	for _, shard := range c.targets {
		if facts, ok := c.troupe.texts[shard].known(); !ok || !facts.plain() {
			c.left = askShards
			return nil
		}
	}
	return c.useCollations(func(int, plan.Lookup) (merge.Collation, error) { return merge.Bytewise, nil })
}

// lookUp asks the targets what has to be known of their columns. It may block.
func (c *call) lookUp() error {
	ctx := context.WithValue(c.ctx, choosingKey{}, true)
	if c.timesMatter() {
		if err := c.lookUpTimes(ctx); err != nil {
			return err
		}
	}
	c.left = nothing
	return c.lookUpCollations(ctx)
}

// lookUpCollations asks the targets how they compare the texts that are merged.
func (c *call) lookUpCollations(ctx context.Context) error {
	return c.useCollations(func(shard int, l plan.Lookup) (merge.Collation, error) {
		facts, err := c.troupe.textsOf(ctx, shard)
		if err != nil || facts.plain() {
			return merge.Bytewise, err
		}
		return c.collationOf(ctx, shard, l)
	})
}

// useCollations fills in the collations that find returns for each target. Where the targets differ, they are unknown.
func (c *call) useCollations(find func(shard int, l plan.Lookup) (merge.Collation, error)) error {
	for i, shard := range c.targets {
		var o merge.Options
		err := c.plans[c.dialectOf(shard)].plan.Gather.Collations(&o, func(l plan.Lookup) (merge.Collation, error) { return find(shard, l) })
		if err != nil {
			return err
		}
		all := &c.gather.options
		if i == 0 {
			all.Order, all.Group, all.Aggregates, all.Distinct = o.Order, o.Group, o.Aggregates, o.Distinct
			continue
		}
		agree(all.Order, o.Order)
		agree(all.Group, o.Group)
		agree(all.Aggregates, o.Aggregates)
		if all.Distinct != o.Distinct {
			all.Distinct = merge.CollationUnknown
		}
	}
	return nil
}

// agree makes those collations unknown that differ from other's.
func agree(all, other []merge.Collation) {
	for i := range all {
		if i >= len(other) || all[i] != other[i] {
			all[i] = merge.CollationUnknown
		}
	}
}

// plain reports whether every text of the database compares bytewise, unless the statement says otherwise.
func (f textFacts) plain() bool { return f.Default && !f.Others && !f.Fuzzy }
