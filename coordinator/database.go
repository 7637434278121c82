package coordinator

import (
	"fmt"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// databaseOf returns the lowest number of a shard that is the same database as this one, as far as their backends can tell: they
// are one, or have one Location. It is the shard's own number if no earlier one is.
func (t *Troupe) databaseOf(shard int) int { return t.databases[shard] }

// findDatabase finds out what databaseOf returns, and refuses a shard whose rows an earlier one may have, too: they would come
// twice. It also refuses what checkShared does. REQUIRES: the backends up to this shard's are there.
func (t *Troupe) findDatabase(shard int) error {
	t.databases[shard] = shard
	t.locations[shard] = locationOf(t.backends[shard])
	for earlier := range shard {
		if !t.sameDatabase(shard, earlier) {
			continue
		}
		mine, other := t.cfg.Shards[shard], t.cfg.Shards[earlier]
		if !mine.Names.Apart(other.Names) {
			return oneDatabase(other, mine)
		}
		t.databases[shard] = min(t.databases[shard], t.databases[earlier])
	}
	return t.checkShared(shard)
}

func (t *Troupe) sameDatabase(a, b int) bool {
	return sameBackend(t.backends[a], t.backends[b]) || t.locations[a] != "" && t.locations[a] == t.locations[b]
}

// checkShared refuses a backend whose reading connections aren't enough for a call to all shards that have it: it would wait for itself.
func (t *Troupe) checkShared(shard int) error {
	sharers, backend := t.sharers[shard], t.backends[shard]
	if len(sharers) == 1 {
		return nil
	}
	if n := backend.Lanes()[shardworker.LeaseLane(backend, true)]; n < len(sharers) {
		return &messages.Error{
			Code: messages.ErrInvalidConfig, Op: "spawn", Shard: t.cfg.Shards[shard].ID,
			Detail: fmt.Sprintf("%d shards have its Backend, which reads on %d connections: it needs one for each", len(sharers), n),
		}
	}
	return nil
}

// sharersOf returns for each shard the numbers of those that were configured with its backend, itself among them; the first of them closes it.
func sharersOf(shards []shardworker.Shard) [][]int {
	sharers := make([][]int, len(shards))
	for shard := range shards {
		for other := range shards {
			if other == shard || sameBackend(shards[shard].Backend, shards[other].Backend) {
				sharers[shard] = append(sharers[shard], other)
			}
		}
	}
	return sharers
}

// oneDatabase is the error of two shards that are one database and aren't told apart.
func oneDatabase(a, b shardworker.Shard) error {
	detail := fmt.Sprintf("shards %s and %s are one database", a.ID, b.ID)
	switch {
	case a.Names.IsZero() || b.Names.IsZero():
		detail += ": give both of them Names, two schemas or two prefixes"
	default:
		detail += ", and their Names don't tell them apart: give them two schemas, or two prefixes of which neither begins with the other"
	}
	return &messages.Error{Code: messages.ErrInvalidConfig, Op: "spawn", Shard: b.ID, Detail: detail}
}
