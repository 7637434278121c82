package coordinator

import (
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Names returns how the tables of a shard are called in its database; zero if as they are written. An id that doesn't exist is
// [messages.ErrUnknownShard].
func (t *Troupe) Names(id messages.ShardID) (shardworker.Names, error) {
	i, ok := t.index[id]
	if !ok {
		return shardworker.Names{}, &messages.Error{Code: messages.ErrUnknownShard, Shard: id, Op: "names"}
	}
	return t.cfg.Shards[i].Names, nil
}
