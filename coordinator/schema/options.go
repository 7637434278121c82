package schema

import (
	"context"
	"fmt"
	"slices"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// Options says which shards are changed, and how. The zero value changes all of them at once.
type Options struct {
	// Shards are those to work on, each once. An empty list that isn't nil is none, so that [Report.Failed] of a report without
	// failures is work that is done. Defaults to all.
	Shards []messages.ShardID
	// Canary is the shard that goes first: if it isn't done, no other is touched. It is ignored where it isn't one of Shards: then it was
	// done before. Defaults to none.
	Canary messages.ShardID
	// Parallel is how many shards are worked on at once. Defaults to all.
	Parallel int
	// NoTransaction makes [Apply] send its text without a transaction around it, for what can't be in one: VACUUM, CREATE INDEX
	// CONCURRENTLY, ALTER TYPE … ADD VALUE before it is used, a text with its own BEGIN. [OnEach] takes no notice of it. Defaults to
	// false: one transaction on each shard.
	NoTransaction bool
}

// plan is what Options mean for a troupe.
type plan struct {
	shards   []messages.ShardID // in configuration order
	canary   int                // its place among shards; -1 without one
	parallel int
}

func (o Options) plan(ctx context.Context, t *coordinator.Troupe, op string) (*plan, error) {
	if coordinator.TxOf(ctx) != nil {
		return nil, invalid(op, "the context carries a transaction: a schema is changed in transactions of its own")
	}
	if o.Parallel < 0 {
		return nil, invalid(op, "Parallel is negative")
	}
	all := t.Shards()
	p := &plan{shards: all, parallel: o.Parallel}
	if o.Shards != nil {
		for i, id := range o.Shards {
			if !slices.Contains(all, id) {
				return nil, &messages.Error{Code: messages.ErrUnknownShard, Shard: id, Op: op, Detail: "in Shards"}
			}
			if slices.Contains(o.Shards[:i], id) {
				return nil, invalid(op, fmt.Sprintf("Shards has %s twice", id))
			}
		}
		p.shards = slices.DeleteFunc(all, func(id messages.ShardID) bool { return !slices.Contains(o.Shards, id) })
	}
	if o.Canary != "" && !slices.Contains(t.Shards(), o.Canary) {
		return nil, &messages.Error{Code: messages.ErrUnknownShard, Shard: o.Canary, Op: op, Detail: "as Canary"}
	}
	p.canary = slices.Index(p.shards, o.Canary)
	if p.parallel == 0 {
		p.parallel = len(p.shards)
	}
	return p, nil
}

func invalid(op, detail string) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: op, Detail: detail}
}
