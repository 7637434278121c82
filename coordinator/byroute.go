package coordinator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// sent is what one target is sent instead of the statement itself.
type sent struct {
	sql  string
	args []any
}

// routeByTables finds the targets by what the tables' declarations say of the statement's keys.
func (c *call) routeByTables(ctx context.Context) error {
	t := c.troupe
	if err := c.understand(t.everyShard); err != nil {
		return err
	}
	p := c.plan()
	root := p.Analysis.Tree
	if root.Kind == tree.Other {
		return p.Refusal.Err()
	}
	if p.Analysis.KeyAssigned != nil {
		return p.Analysis.KeyAssigned.Err()
	}
	if p.Insert != nil {
		return c.splitInsert(ctx)
	}
	if table := p.Analysis.ChangesReference; table != "" {
		return statement.RefuseReference(root, table).Err()
	}
	n, err := t.catalogue.narrow(ctx, p.Analysis, c.args, len(t.cfg.Shards))
	if err != nil {
		return err
	}
	c.narrowed, c.targets = n, n.targets
	if len(n.targets) > 1 {
		return c.prepareGather()
	}
	if root.Kind == tree.Insert && p.Refusal != nil {
		return c.insertsThere(ctx)
	}
	return nil
}

// insertsThere checks an INSERT that can't be split by row: all its rows have to belong on the only target. What the statement's
// keys say is not enough, for a key that lives nowhere has no shard either.
func (c *call) insertsThere(ctx context.Context) error {
	p := c.plan()
	target := p.Analysis.Tree.Root.(*tree.InsertStmt).Target
	for _, o := range p.Analysis.Occurrences {
		if o.Table != target || o.Decl == nil {
			continue
		}
		keys := keysOf(o, c.args)
		if slices.ContainsFunc(keys, Keys.Empty) {
			return p.Refusal.Err() // the key is a default
		}
		route := c.troupe.catalogue.routerFor(ctx, o.Decl)
		listed, ok := combinations(keys)
		if !ok {
			return p.Refusal.Err()
		}
		for key := range listed {
			if shard, err := route.shard(key); err != nil {
				return err
			} else if shard != c.targets[0] {
				return p.Refusal.Err()
			}
		}
		return nil
	}
	return p.Refusal.Err()
}

// splitInsert sends each row of an INSERT … VALUES to its own shard, which has to be among those that a pin or a chooser named.
func (c *call) splitInsert(ctx context.Context) error {
	t := c.troupe
	target := c.plan().Analysis.Tree.Root.(*tree.InsertStmt).Target
	route := t.catalogue.routerFor(ctx, t.catalogue.declared.Table(target))
	row := 0
	parts, err := c.plan().Insert.Split(c.args, func(key []any) (int, error) {
		row++
		shard, err := route.shard(key)
		if err == nil && c.among != nil && !slices.Contains(c.among, shard) {
			err = &messages.Error{
				Code: messages.ErrInvalidRequest, Op: "route", Shard: t.cfg.Shards[shard].ID, Detail: "the row belongs there, and the call was sent elsewhere",
			}
		}
		return shard, ofRow(err, row, target.Name.Name)
	})
	if err != nil {
		return err
	}
	c.targets = make([]int, len(parts))
	c.sent = make([]sent, len(parts))
	for i, part := range parts {
		c.targets[i] = part.Shard
		c.sent[i] = sent{part.SQL, part.Args}
	}
	return nil
}

// ofRow returns why a row of an INSERT can't be routed with the row's number.
func ofRow(err error, row int, table string) error {
	var e *messages.Error
	if !errors.As(err, &e) {
		return err
	}
	return &messages.Error{Code: e.Code, Shard: e.Shard, Op: "route", Detail: fmt.Sprintf("row %d of the INSERT into %s", row, table), Err: err}
}

// splitAmong is an INSERT … VALUES that was pinned to several shards, or that a chooser sent there: were it run on each of them as it
// is, every row would be there as often.
func (c *call) splitAmong() error {
	c.among = c.targets
	if !c.troupe.catalogue.pure {
		c.left = askTables
		return nil
	}
	return c.splitInsert(c.ctx)
}

// everywhere is a statement that its caller wants run on every shard, as it is.
func (c *call) everywhere() error {
	for _, p := range c.plans {
		if err := p.plan.Everywhere.Err(); err != nil {
			return err
		}
	}
	return nil
}
