package coordinator

import (
	"context"
	"slices"

	"github.com/troupedb/troupe/messages"
)

// pin is what a context says about routing.
type pin struct {
	shards   []messages.ShardID
	all      bool
	nowhere  bool // it names no shard
	leadOnly bool
	token    messages.ShardID
	order    messages.Order
	touched  *Touched // told of the calls; nil if nobody asks
}

type pinKey struct{}

func pinOf(ctx context.Context) pin {
	p, _ := ctx.Value(pinKey{}).(pin)
	return p
}

func (p pin) in(ctx context.Context) context.Context { return context.WithValue(ctx, pinKey{}, p) }

// PinScope says how far a pin reaches.
type PinScope uint8

const (
	// Propagate makes a pin reach later loads with the same context: [Related] rows come from the pinned shards too.
	Propagate PinScope = iota
	// LeadOnly makes a pin hold for the statement itself. What is loaded from its rows is looked for where the
	// identity chooser says.
	LeadOnly
)

// OnShard returns a context whose calls go to shard and ask no chooser. The SQL is passed on untouched, whatever it is.
// It replaces an earlier pin. The scope defaults to Propagate.
func OnShard(ctx context.Context, shard messages.ShardID, scope ...PinScope) context.Context {
	return pinned(ctx, []messages.ShardID{shard}, false, scope)
}

// OnShards returns a context whose calls go to these shards and ask no chooser, see [OnShard]. If there are none, calls
// fail with [messages.ErrNoRoute].
func OnShards(ctx context.Context, shards []messages.ShardID, scope ...PinScope) context.Context {
	return pinned(ctx, slices.Clone(shards), false, scope)
}

// AllShards returns a context whose calls go to every shard and ask no chooser, see [OnShard]. An Exec may then run what
// is meant for every database: a CREATE TABLE, or an INSERT of a row that each shall have.
func AllShards(ctx context.Context, scope ...PinScope) context.Context {
	return pinned(ctx, nil, true, scope)
}

func pinned(ctx context.Context, shards []messages.ShardID, all bool, scope []PinScope) context.Context {
	p := pinOf(ctx)
	p.shards, p.all, p.nowhere, p.leadOnly = shards, all, !all && len(shards) == 0, slices.Contains(scope, LeadOnly)
	return p.in(ctx)
}

// WithToken returns a context whose Get and Related look on shard, the identity token of the object, and ask no chooser.
// A pin wins over it. Statements take no notice of it, and neither does Add: see Options.Token for a single message.
func WithToken(ctx context.Context, shard messages.ShardID) context.Context {
	p := pinOf(ctx)
	p.token = shard
	return p.in(ctx)
}

// InShardOrder returns a context whose rows come shard by shard in the order of the chosen shards, where else they come
// as the shards send them.
func InShardOrder(ctx context.Context) context.Context {
	p := pinOf(ctx)
	p.order = messages.InShardOrder
	return p.in(ctx)
}

// merge completes o with what ctx says. What the message says wins.
func (p pin) merge(o messages.Options) (messages.Options, error) {
	if len(o.Shards) == 0 && !o.AllShards && !(p.leadOnly && o.LoadedFrom != nil) {
		if p.nowhere {
			return o, errNowhere
		}
		o.Shards, o.AllShards = p.shards, p.all
	}
	if o.Order == messages.AsTheyCome {
		o.Order = p.order
	}
	return o, nil
}

var errNowhere = &messages.Error{Code: messages.ErrNoRoute, Op: "route", Detail: "the pin names no shard"}
