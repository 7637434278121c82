package coordinator

import (
	"context"

	"github.com/troupedb/troupe/messages"
)

// TxOn returns the transaction that ctx carries, see [WithTx], if it is one of t's and has enlisted the database of shard; else nil.
// What is written there with ctx has to be written by it then: SQLite has one writer, which would wait for itself, and so would
// a pool of one connection. A database that is several shards, told apart by their Names, is enlisted with the first of them.
func (t *Troupe) TxOn(ctx context.Context, shard messages.ShardID) *Tx {
	tx := TxOf(ctx)
	if tx == nil || tx.of.troupe != t {
		return nil
	}
	number, ok := t.index[shard]
	if !ok {
		return nil
	}
	tx.of.mu.Lock()
	defer tx.of.mu.Unlock()
	if tx.of.participantLocked(t.databaseOf(number)) == nil {
		return nil
	}
	return tx
}
