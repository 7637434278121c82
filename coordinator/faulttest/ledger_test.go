package faulttest_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// ledger is what a client knows of its writes: each has a number of its own, and was acknowledged, has failed without an
// effect, or may or may not have taken effect.
type ledger struct {
	shard messages.ShardID

	mu struct {
		sync.Mutex
		next                          int64
		acknowledged, failed, unknown map[int64]bool
		odd                           []error // failures that are no *messages.Error
	}
}

// createLedger makes no key of the numbers: a write that happened twice is to be seen.
const createLedger = "create table written (n bigint not null)"

func newLedger(shard messages.ShardID) *ledger {
	l := &ledger{shard: shard}
	l.mu.acknowledged, l.mu.failed, l.mu.unknown = map[int64]bool{}, map[int64]bool{}, map[int64]bool{}
	return l
}

// write makes one write and enters what became of it.
func (l *ledger) write(ctx context.Context, troupe *coordinator.Troupe) error {
	l.mu.Lock()
	l.mu.next++
	n := l.mu.next
	l.mu.Unlock()
	tag, err := troupe.Exec(coordinator.OnShard(ctx, l.shard), "insert into written values ($1)", n)
	l.mu.Lock()
	defer l.mu.Unlock()
	var e *messages.Error
	switch {
	case err == nil && tag.RowsAffected() == 1:
		l.mu.acknowledged[n] = true
	case err == nil:
		l.mu.odd = append(l.mu.odd, errors.New("success that wrote nothing: "+tag.String()))
	case !errors.As(err, &e):
		l.mu.odd = append(l.mu.odd, err)
	case errors.Is(err, messages.ErrOutcomeUnknown):
		l.mu.unknown[n] = true
	default:
		l.mu.failed[n] = true
	}
	return err
}

// written returns how many writes were acknowledged.
func (l *ledger) written() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mu.acknowledged)
}

// settle compares the ledger with the table: promises 1 and 2.
func (l *ledger) settle(t testing.TB, troupe *coordinator.Troupe) {
	t.Helper()
	rows, err := troupe.Query(coordinator.OnShard(background(t), l.shard), "select n from written")
	require.NoError(t, err)
	there, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	require.NoError(t, err)
	l.mu.Lock()
	defer l.mu.Unlock()
	found := map[int64]bool{}
	for _, n := range there {
		assert.False(t, found[n], "write %d has happened twice", n)
		found[n] = true
		assert.False(t, l.mu.failed[n], "write %d has failed, and is there", n)
	}
	lost := 0
	for n := range l.mu.acknowledged {
		if !found[n] {
			lost++
		}
	}
	happened := 0
	for n := range l.mu.unknown {
		if found[n] {
			happened++
		}
	}
	assert.Zero(t, lost, "acknowledged writes that are lost")
	assert.Empty(t, l.mu.odd)
	t.Logf("%s: %d writes acknowledged, %d failed without an effect, %d unknown (%d of them had happened)",
		l.shard, len(l.mu.acknowledged), len(l.mu.failed), len(l.mu.unknown), happened)
}
