package coordinator

import (
	"context"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
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
		found, err := c.collationOf(ctx, shard, l)
		if err == nil {
			err = c.refuseCollation(l, found).Err()
		}
		return found, err
	})
}

// refuseCollation refuses texts that can't be merged as the statement wants it, before anything is sent. What has one of these
// collations is a text for certain, because the shard was asked for it; but of a whole row's texts there may be none.
func (c *call) refuseCollation(l plan.Lookup, found merge.Collation) *statement.Refusal {
	if found != merge.Locale && found != merge.Fuzzy {
		return nil
	}
	sorts := l.Use == plan.OrderKey
	r := &statement.Refusal{
		Code: plan.OrderBy, Clause: "ORDER BY", Offset: l.Offset(),
		Reason: "only the database knows how its collation orders texts", Hint: `write COLLATE "C" after it`,
	}
	switch l.Use {
	case plan.AggregateValue:
		f := c.gather.spec.Group.Aggregates[l.Index].Func
		sorts = f == merge.Min || f == merge.Max
		r.Code, r.Clause = plan.Aggregate, "aggregate"
	case plan.GroupKey:
		r.Code, r.Clause = plan.GroupBy, "GROUP BY"
	case plan.DistinctRow:
		return nil
	}
	switch {
	case found == merge.Fuzzy:
		r.Reason = "different texts may be equal under its collation"
	case !sorts:
		return nil
	}
	return r
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
		all.Distinct = common(all.Distinct, o.Distinct)
	}
	return nil
}

// agree makes those collations unknown that have nothing in common with other's.
func agree(all, other []merge.Collation) {
	for i := range all {
		if i >= len(other) {
			all[i] = merge.CollationUnknown
		} else {
			all[i] = common(all[i], other[i])
		}
	}
}

// common returns what holds of texts under both collations. Where one compares bytes, and the other finds nothing else equal, texts are
// equal if their bytes are.
func common(a, b merge.Collation) merge.Collation {
	switch {
	case a == b:
		return a
	case a == merge.Bytewise && b == merge.Locale, a == merge.Locale && b == merge.Bytewise:
		return merge.Locale
	default:
		return merge.CollationUnknown
	}
}

// plain reports whether every text of the database compares bytewise, unless the statement says otherwise.
func (f textFacts) plain() bool { return f.Default && !f.Others && !f.Fuzzy }
