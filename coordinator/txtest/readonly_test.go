package txtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// A read only transaction over all shards waits for no writer and sees none of it, from its first statement on each shard on.
func TestReadOnlyBesidesAWriter(t *testing.T) {
	for _, kinds := range []string{"ss", "pp", "sp"} {
		t.Run(kinds, func(t *testing.T) {
			s := openWith(t, kinds, 3, nil)
			s.everywhere(t, createLedger)
			ctx := background(t)
			writer, err := s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			require.NoError(t, s.enter(ctx, writer, 1))

			snapshot := coordinator.TxOptions{TxOptions: pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead}}
			var readers []*coordinator.Tx
			for range 2 {
				tx, err := s.BeginAll(ctx, snapshot)
				require.NoError(t, err)
				readers = append(readers, tx)
			}
			const count = "select count(*) from ledger"
			everyone := func(want string) {
				for _, tx := range readers {
					require.Equal(t, want, all(t, tx, coordinator.AllShards(ctx), count))
				}
			}
			everyone("[[0]]")
			require.NoError(t, writer.Commit(ctx))
			everyone("[[0]]")
			require.Equal(t, "[[2]]", all(t, s, coordinator.AllShards(ctx), count))

			// A savepoint works there, too, and a write is refused by each database.
			sp, err := readers[0].Begin(ctx)
			require.NoError(t, err)
			for _, d := range s.dbs {
				_, err = readers[1].Exec(on(ctx, d), "insert into ledger values (2, 'no')")
				require.Equal(t, "25006", class(err), "%v", err)
				require.NoError(t, readers[1].Rollback(ctx))
				readers[1], err = s.BeginAll(ctx, snapshot)
				require.NoError(t, err)
			}
			require.NoError(t, sp.Rollback(ctx))
			everyoneElse := all(t, readers[1], coordinator.AllShards(ctx), count)
			require.Equal(t, "[[2]]", everyoneElse, "it began later")
			for _, tx := range readers {
				require.NoError(t, tx.Commit(ctx))
			}
			s.requireIdle(t)
			s.requireWorking(t, 3)
		})
	}
}

// Transactions that wait for each other's rows in a database, and not for connections: PostgreSQL sees what is in one database,
// and the deadline ends what spans two.
func TestRowLocksOverTwoDatabasesEndByTheDeadline(t *testing.T) {
	s := openWide(t, "pp")
	s.everywhere(t, createCounters)
	ctx := background(t)
	one, err := s.BeginAll(ctx, coordinator.TxOptions{})
	require.NoError(t, err)
	const deadline = 300 * time.Millisecond
	begin := time.Now()
	short := within(t, deadline)
	two, err := s.BeginAll(short, coordinator.TxOptions{})
	require.NoError(t, err)
	require.NoError(t, increment(ctx, one, s.dbs[:1]))
	require.NoError(t, increment(short, two, s.dbs[1:]))
	waits := make(chan error, 1)
	go func() { waits <- increment(ctx, one, s.dbs[1:]) }()
	err = increment(short, two, s.dbs[:1])
	require.ErrorIs(t, err, context.DeadlineExceeded)
	requireTyped(t, err)
	require.Less(t, time.Since(begin), deadline+soon)
	require.ErrorIs(t, two.Rollback(ctx), pgx.ErrTxClosed)
	mustReturn(t, func() { err = <-waits })
	require.NoError(t, err, "the other one goes on")
	require.NoError(t, one.Commit(ctx))
	s.requireCounters(t, 1)
}

// Shards that are enlisted up front are all enlisted, or none.
func TestUpFrontAllOrNone(t *testing.T) {
	s := open(t, "sps", nil)
	s.everywhere(t, createLedger)
	for _, d := range s.dbs {
		s.disarm()
		d.trap.arm(&snare{verb: "begin", nth: 1, before: func() error { return &messages.Error{Code: messages.ErrUnavailable, Op: "exec"} }})
		_, err := s.BeginAll(background(t), coordinator.TxOptions{Shards: s.Shards()})
		require.ErrorIs(t, err, messages.ErrUnavailable)
		require.Equal(t, d.id, requireTyped(t, err).Shard)
		s.requireIdle(t)
	}
	s.disarm()
	tx, err := s.BeginAll(background(t), coordinator.TxOptions{Shards: []messages.ShardID{"s2", "s0", "s2"}})
	require.NoError(t, err)
	require.Equal(t, []messages.ShardID{"s0", "s2"}, tx.Shards())
	require.Zero(t, s.dbs[1].trap.reached("begin"))
	require.NoError(t, tx.Commit(background(t)))
	s.requireWorking(t, 1)
}
