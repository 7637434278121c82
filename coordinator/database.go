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
// twice. It also refuses what checkShared does. earlier has the shards before this one. REQUIRES: the backends up to this shard's are there.
func (t *Troupe) findDatabase(shard int, earlier *kin) error {
	t.databases[shard] = shard
	for _, other := range earlier.with(shard, t.backends[shard], locationOf(t.backends[shard])) {
		if mine, others := t.cfg.Shards[shard], t.cfg.Shards[other]; !mine.Names.Apart(others.Names) {
			return oneDatabase(others, mine)
		}
		t.databases[shard] = min(t.databases[shard], t.databases[other])
	}
	return t.checkShared(shard)
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
	alone := make([]int, len(shards))
	var given kin
	for shard := range shards {
		alone[shard] = shard
		sharers[shard] = alone[shard : shard+1 : shard+1]
		if earlier := given.with(shard, shards[shard].Backend, ""); len(earlier) > 0 {
			first := earlier[0]
			sharers[first] = append(sharers[first], shard)
		}
	}
	for _, all := range sharers { // every one has what the first has
		for _, shard := range all[1:] {
			sharers[shard] = all
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
