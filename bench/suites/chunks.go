package suites

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
)

const flushed = 1_000 // rows that are flushed, or sent, at once

// shared is a test whose rows the clients share: f does one client's, count of them from the first.
func shared(f func(ctx context.Context, s *profile.Stage, first, count int) error) profile.Func {
	return func(ctx context.Context, s *profile.Stage) error {
		return s.Split(ctx, func(ctx context.Context, first, count int) error { return f(ctx, s, first, count) })
	}
}

// chunked calls f for chunks of rows.
func chunked(first, count int, f func(first, count int) error) error {
	for end := first + count; first < end; first += flushed {
		if err := f(first, min(flushed, end-first)); err != nil {
			return err
		}
	}
	return nil
}

// flushChunks flushes what f changes in a session, a chunk at a time, and commits it.
func flushChunks(ctx context.Context, s *profile.Stage, first, count int, f func(unit *session.Session, first, count int) error) error {
	unit := session.New(ctx, s.Troupe, session.Config{})
	defer unit.Close()
	err := chunked(first, count, func(first, count int) error {
		if err := f(unit, first, count); err != nil {
			return err
		}
		return unit.Flush(ctx)
	})
	if err != nil {
		return err
	}
	return unit.Commit(ctx)
}

// inTxChunks commits what f does for each chunk.
func inTxChunks(ctx context.Context, s *profile.Stage, first, count int, f func(ctx context.Context, tx *coordinator.Tx, first, count int) error) error {
	return s.Troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
		return chunked(first, count, func(first, count int) error { return f(ctx, tx, first, count) })
	})
}

// sendChunks commits the statements that queue makes of rows, a batch for each chunk.
func sendChunks(ctx context.Context, s *profile.Stage, first, count int, queue func(batch *pgx.Batch, i int)) error {
	return inTxChunks(ctx, s, first, count, func(ctx context.Context, tx *coordinator.Tx, first, count int) error {
		var batch pgx.Batch
		for i := first; i < first+count; i++ {
			queue(&batch, i)
		}
		return tx.SendBatch(ctx, &batch).Close()
	})
}
