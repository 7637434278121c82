package coordinator

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// CopyFrom is [Troupe.CopyFrom] in the transaction.
func (tx *Tx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return tx.of.troupe.CopyFrom(WithTx(ctx, tx), table, columns, rows)
}

// SendBatch is [Troupe.SendBatch] in the transaction.
func (tx *Tx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return tx.of.troupe.SendBatch(WithTx(ctx, tx), b)
}

// load loads rows on one shard, in the transaction that ctx carries or else by itself: all or none. The table's name is the shard's own, and ctx
// says so.
func (t *Troupe) load(ctx context.Context, shard int, rows *messages.Copy) (pgconn.CommandTag, error) {
	ids := []messages.ShardID{t.cfg.Shards[shard].ID}
	c, err := t.prepare(ctx, inquiry{sql: "COPY " + rows.Table.Sanitize(), options: messages.Options{Shards: ids}})
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	c.copy = rows
	if err := c.run(); err != nil {
		return pgconn.CommandTag{}, err
	}
	return sumTags(c.stream.Ends()), nil
}
