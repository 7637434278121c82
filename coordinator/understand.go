package coordinator

import (
	"runtime/debug"
	"slices"

	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/messages"
)

// understand finds the plan of the statement in the dialect of each of these shards, which must mean the same.
func (c *call) understand(shards []int) error {
	t := c.troupe
	for _, shard := range shards {
		dialect := t.dialects[shard]
		if slices.ContainsFunc(c.plans, func(p dialectPlan) bool { return p.dialect == dialect }) {
			continue
		}
		var times *plan.Times
		if dialect == messages.SQLite && !t.mixed {
			times = t.times.Load()
		}
		p, err := t.planFor(dialect, c.sql, times)
		if err != nil {
			return err
		}
		if len(c.plans) > 0 {
			if err := plan.Same(c.plans[0].plan, p); err != nil {
				return err
			}
		}
		c.plans = append(c.plans, dialectPlan{dialect, p, times})
		if !t.mixed {
			break
		}
	}
	return nil
}

// dialectPlan is a statement's plan in one dialect.
type dialectPlan struct {
	dialect messages.Dialect
	plan    *plan.Plan
	times   *plan.Times // that it was planned with
}

// plan returns the plan of the statement, of which what is asked is the same in all dialects. REQUIRES: it is understood.
func (c *call) plan() *plan.Plan { return c.plans[0].plan }

// planFor plans a text, remembered. A planner that panics costs its own call only.
func (t *Troupe) planFor(dialect messages.Dialect, sql string, times *plan.Times) (p *plan.Plan, err error) {
	defer func() {
		if value := recover(); value != nil {
			t.cfg.Logger.Error("the planner panicked", "panic", messages.PanicText(value), "stack", string(debug.Stack()))
			err = &messages.Error{Code: messages.ErrPanic, Op: "plan", Detail: messages.PanicText(value)}
		}
	}()
	return t.planned.Plan(dialect, sql, t.catalogue.declared, plan.Options{ExplicitNulls: t.mixed, Times: times})
}
