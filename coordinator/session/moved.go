package session

import (
	"slices"

	"github.com/troupedb/troupe/messages"
)

// moved is the way of a row that was moved.
type moved struct{ from, to messages.ShardID }

// targetsFirst returns the shards that rows were moved to, in the order in which they are best committed: each after those that rows were
// moved to from it. Where that leads around there is no such order, and those that were moved to last are first.
func targetsFirst(moves []moved) []messages.ShardID {
	var targets []messages.ShardID
	to := map[messages.ShardID][]messages.ShardID{}
	for _, m := range slices.Backward(moves) {
		if !slices.Contains(targets, m.to) {
			targets = append(targets, m.to)
		}
		to[m.from] = append(to[m.from], m.to)
	}
	if order, around := sortedBy(targets, func(shard messages.ShardID) []messages.ShardID { return to[shard] }); around == nil {
		return order
	}
	return targets
}
