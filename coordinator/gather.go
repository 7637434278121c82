package coordinator

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// gathering is how the rows of a call's targets become one answer.
type gathering struct {
	spec    *merge.Spec
	options merge.Options // but for what is known only when the shards have described their columns
	ordered bool          // each shard's rows are read by themselves
}

// prepareGather finds out what each target is sent, and how their rows are merged. REQUIRES: the statement is understood in
// the dialects of the targets, of which there are several.
func (c *call) prepareGather() error {
	t := c.troupe
	c.plans = slices.DeleteFunc(c.plans, func(p dialectPlan) bool { // a chooser, or the tables, had it read in every dialect
		return !slices.ContainsFunc(c.targets, func(shard int) bool { return t.dialects[shard] == p.dialect })
	})
	if err := c.knowTimes(); err != nil {
		return err
	}
	for _, p := range c.plans {
		if p.plan.Refusal != nil {
			return p.plan.Refusal.Err()
		}
	}
	first := c.plan().Gather
	var changed bool
	bound := make([]sent, len(c.plans)) // by dialect
	var offset, limit int64
	for i, p := range c.plans {
		var err error
		g := p.plan.Gather
		bound[i].sql, bound[i].args, offset, limit, err = g.Bind(c.args)
		if err != nil {
			return err
		}
		changed = changed || g.Args != nil || g.Text != c.sql
	}
	c.sent = nil
	if changed {
		c.sent = make([]sent, len(c.targets))
		for i, shard := range c.targets {
			c.sent[i] = bound[c.dialectOf(shard)]
		}
	}
	switch {
	case first.Merge == nil:
		return nil
	case !c.wantRows:
		// Nobody reads the rows, so nobody could tell how many the merged answer has.
		return (&statement.Refusal{
			Code: plan.Merged, Clause: c.plan().Analysis.Tree.Name, Offset: c.plan().Analysis.Tree.Body.Start,
			Reason: "its rows have to be merged, and Exec reads none", Hint: "use Query",
		}).Err()
	}
	c.gather = &gathering{spec: first.Merge, options: merge.Options{
		Sources: len(c.targets), Offset: offset, Limit: limit, Budget: int64(t.cfg.MergeBytes),
	}}
	if first.Merge.Group != nil {
		args, err := first.MergeArgs(c.args)
		if err != nil {
			return err
		}
		c.gather.options.Args = args
		if t.mixed {
			c.stream.NamesMayDiffer() // an aggregate without a name of its own: the dialects name it, and nobody sees that
		}
	} else if len(first.Merge.Order) > 0 {
		c.gather.ordered = true
		c.stream.ReadBySource()
	}
	return c.knowCollations()
}

// dialectOf returns the index in plans of the dialect of a shard.
func (c *call) dialectOf(shard int) int {
	for i, p := range c.plans {
		if p.dialect == c.troupe.dialects[shard] {
			return i
		}
	}
	panic("bug: a statement wasn't understood in the dialect of its target")
}

// merge makes the merger of the call's rows. REQUIRES: the shards have described their columns.
func (c *call) merge(f *feed) (merge.Merger, error) {
	o := c.gather.options
	o.Declared = c.stream.Declared()
	return merge.New(c.gather.spec, f, o)
}

// unmerged gives the refusal of values that can't be merged, which shows only when they come, the form that other refusals have.
func unmerged(err error) error {
	e, ok := err.(*messages.Error)
	if !ok || e.Code != messages.ErrRefused || e.Err != nil {
		return err
	}
	refused := *e
	refused.Err = &statement.Refusal{Code: statement.UnmergedValues, Clause: "the merge", Reason: e.Detail}
	return &refused
}
