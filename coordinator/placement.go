package coordinator

import (
	"context"
	"slices"

	"github.com/troupedb/troupe/messages"
)

// Placement is what a context says about where calls go.
type Placement struct {
	// Pinned says that there is a pin; without shards, and without All, it is one that names none.
	Pinned bool
	// Shards are the pin's, each once, in order; All says that they are all there are.
	Shards []messages.ShardID
	All    bool
	// LeadOnly says that the pin doesn't reach what is loaded from an object.
	LeadOnly bool
	// Token is the identity token, see [WithToken]. A pin wins over it.
	Token messages.ShardID
}

// PlacementOf returns what ctx says by [OnShard], [OnShards], [AllShards] and [WithToken]: for code that knows by itself where
// a call would go.
func PlacementOf(ctx context.Context) Placement {
	p := pinOf(ctx)
	placement := Placement{Pinned: p.nowhere || p.all || len(p.shards) > 0, All: p.all, LeadOnly: p.leadOnly, Token: p.token}
	for _, shard := range p.shards {
		if !slices.Contains(placement.Shards, shard) {
			placement.Shards = append(placement.Shards, shard)
		}
	}
	return placement
}

// Unpinned returns a context without the pin and the token of ctx.
func Unpinned(ctx context.Context) context.Context {
	p := pinOf(ctx)
	p.shards, p.all, p.nowhere, p.leadOnly, p.token = nil, false, false, false, ""
	return p.in(ctx)
}

// HasIdentityChooser reports whether the identity chooser decides where rows are looked for that no pin and no token names.
func (t *Troupe) HasIdentityChooser() bool { return t.cfg.IdentityChooser != nil }

// DatabaseOf returns the first shard that is the same database as shard, which is shard itself if no earlier one is: shards that are one
// database share a connection within a transaction. An id that doesn't exist is [messages.ErrUnknownShard].
func (t *Troupe) DatabaseOf(shard messages.ShardID) (messages.ShardID, error) {
	n, ok := t.index[shard]
	if !ok {
		return "", &messages.Error{Code: messages.ErrUnknownShard, Shard: shard, Op: "shard"}
	}
	return t.cfg.Shards[t.databaseOf(n)].ID, nil
}
