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
	for earlier := range shard {
		if !sameDatabase(t.backends[shard], t.backends[earlier]) {
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

// ownerOf returns the lowest number of a shard that has the backend value of this one, and closes it.
func (t *Troupe) ownerOf(shard int) int {
	return t.sharersOf(shard)[0]
}

// checkShared refuses a backend whose reading connections aren't enough for a call to all shards that have it: it would wait for itself.
func (t *Troupe) checkShared(shard int) error {
	sharers, backend := t.sharersOf(shard), t.backends[shard]
	if len(sharers) == 1 {
		return nil
	}
	if n := backend.Lanes()[backend.Lane("SELECT 1", true)]; n < len(sharers) {
		return &messages.Error{
			Code: messages.ErrInvalidConfig, Op: "spawn", Shard: t.cfg.Shards[shard].ID,
			Detail: fmt.Sprintf("%d shards have its Backend, which reads on %d connections: it needs one for each", len(sharers), n),
		}
	}
	return nil
}

// sharersOf returns the numbers of the shards that have the backend value of this one, itself among them.
func (t *Troupe) sharersOf(shard int) []int {
	var list []int
	for other := range t.cfg.Shards {
		if other == shard || sameBackend(t.cfg.Shards[shard].Backend, t.cfg.Shards[other].Backend) {
			list = append(list, other)
		}
	}
	return list
}

func sameDatabase(a, b shardworker.Backend) bool {
	if sameBackend(a, b) {
		return true
	}
	location := locationOf(a)
	return location != "" && location == locationOf(b)
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
