package txtest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// scripted is a troupe over fake shards, in a bubble where time is virtual: whoever waits for ever is found at once, and
// whoever waits for a deadline can be told from who doesn't.
type scripted struct {
	*coordinator.Troupe
	fakes []*fake.Backend
	ids   []messages.ShardID
}

// inBubble runs f with a troupe over n fake shards of conns connections each.
func inBubble(t *testing.T, n, conns, inFlight int, f func(t *testing.T, s *scripted)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{}
		cfg := coordinator.Config{Logger: quiet, MaxInFlight: inFlight, System: actors.New(quiet)}
		for i := range n {
			b := fake.New(fake.Config{Lanes: []int{conns}})
			script(b)
			id := messages.ShardID(fmt.Sprintf("s%d", i))
			s.fakes, s.ids = append(s.fakes, b), append(s.ids, id)
			cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: b})
		}
		var err error
		s.Troupe, err = coordinator.Spawn(context.Background(), cfg)
		require.NoError(t, err)
		t.Cleanup(func() {
			require.NoError(t, s.Close(context.Background()))
			for _, b := range s.fakes {
				require.Zero(t, b.Stats().InUse)
			}
		})
		f(t, s)
	})
}

// script has b answer as a database does: the control statements with their tags, reads with two rows, all else with a change.
func script(b *fake.Backend) {
	b.Reply("", fake.Tag("UPDATE 1"))
	for _, verb := range []string{"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"} {
		b.Reply(verb, fake.Tag(verb))
		b.Reply(strings.ToLower(verb), fake.Tag(verb))
	}
	b.Reply("select", fake.Rows(fake.Column("n", pgtype.Int8OID)).Row(int64(1)).Row(int64(2)))
}

func TestManyTransactionsNeedNoTime(t *testing.T) {
	for _, c := range []struct{ shards, conns, inFlight, writers int }{{2, 1, 0, 8}, {4, 1, 0, 16}, {3, 2, 0, 16}, {3, 1, 1, 8}, {3, 1, 2, 12}, {3, 2, 3, 12}} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			inBubble(t, c.shards, c.conns, c.inFlight, func(t *testing.T, s *scripted) {
				ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
				defer cancel()
				begin := time.Now()
				var all sync.WaitGroup
				for w := range c.writers {
					random := rand.New(rand.NewPCG(uint64(w), 3))
					all.Go(func() {
						for range 10 {
							order := random.Perm(c.shards)[:1+random.IntN(c.shards)]
							assert.NoError(t, s.InTx(ctx, coordinator.TxOptions{MaxAttempts: 10000}, func(ctx context.Context, tx *coordinator.Tx) error {
								for _, shard := range order {
									if _, err := tx.Exec(coordinator.OnShard(ctx, s.ids[shard]), "update t set n = n + 1"); err != nil {
										return err
									}
								}
								return nil
							}))
						}
					})
				}
				all.Wait()
				// Only the pauses between two attempts take time, and nobody waits for the deadline.
				assert.Less(t, time.Since(begin), time.Minute)
			})
		})
	}
}

// A cycle is noticed without any time passing, whatever else waits.
func TestCycleIsNoticedAtOnce(t *testing.T) {
	for n := 2; n <= 5; n++ {
		inBubble(t, n, 1, 0, func(t *testing.T, s *scripted) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			begin := time.Now()
			txs := make([]*coordinator.Tx, n)
			for i := range n {
				var err error
				txs[i], err = s.BeginAll(ctx, coordinator.TxOptions{})
				require.NoError(t, err)
				_, err = txs[i].Exec(coordinator.OnShard(ctx, s.ids[i]), "update t set n = 1")
				require.NoError(t, err)
			}
			waits := make([]chan error, n)
			for i := range n - 1 {
				waits[i] = make(chan error, 1)
				go func() {
					_, err := txs[i].Exec(coordinator.OnShard(ctx, s.ids[i+1]), "update t set n = 1")
					waits[i] <- err
				}()
				synctest.Wait()
			}
			_, err := txs[n-1].Exec(coordinator.OnShard(ctx, s.ids[0]), "update t set n = 1")
			require.ErrorIs(t, err, messages.ErrTxConflict)
			require.Zero(t, time.Since(begin), "nobody waited")
			require.NoError(t, txs[n-1].Rollback(ctx))
			for i := n - 2; i >= 0; i-- {
				require.NoError(t, <-waits[i])
				require.NoError(t, txs[i].Commit(ctx))
			}
			require.Zero(t, time.Since(begin), "nobody waited")
		})
	}
}

// Each shard answers a COMMIT in its own time, or never: the call ends with its deadline, and each outcome is what it was.
func TestSlowCommits(t *testing.T) {
	inBubble(t, 3, 1, 0, func(t *testing.T, s *scripted) {
		s.fakes[1].Handle("COMMIT", func(context.Context, []any) fake.Result {
			return fake.Tag("COMMIT").At(fake.AtQuery, fake.Delay(time.Minute))
		})
		ctx := context.Background()
		tx, err := s.BeginAll(ctx, coordinator.TxOptions{Shards: s.ids})
		require.NoError(t, err)
		begin := time.Now()
		require.NoError(t, tx.Commit(ctx))
		require.Equal(t, time.Minute, time.Since(begin))

		tx, err = s.BeginAll(ctx, coordinator.TxOptions{Shards: s.ids})
		require.NoError(t, err)
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		begin = time.Now()
		err = tx.Commit(short)
		require.LessOrEqual(t, time.Since(begin), time.Second+150*time.Millisecond)
		var ce *coordinator.CommitError
		require.ErrorAs(t, err, &ce)
		require.Len(t, ce.Committed, 1)
		require.Equal(t, messages.ShardID("s0"), ce.Committed[0].Shard)
		require.NotEmpty(t, append(ce.Unknown, ce.Failed...))
		require.Len(t, append(ce.Unknown, ce.Failed...), 2)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		synctest.Wait()
	})
}

// One statement at a time on each shard, as many as there are shards at once.
func TestStatementsOfOneTransactionAtOnce(t *testing.T) {
	inBubble(t, 3, 1, 0, func(t *testing.T, s *scripted) {
		for _, b := range s.fakes {
			b.Handle("slow", func(context.Context, []any) fake.Result {
				return fake.Tag("UPDATE 1").At(fake.AtQuery, fake.Delay(time.Second))
			})
		}
		ctx := context.Background()
		tx, err := s.BeginAll(ctx, coordinator.TxOptions{Shards: s.ids})
		require.NoError(t, err)
		begin := time.Now()
		var all sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			all.Go(func() {
				_, errs[i] = tx.Exec(coordinator.OnShard(ctx, s.ids[i%3]), "slow")
			})
		}
		all.Wait()
		require.Equal(t, time.Second, time.Since(begin))
		for shard := range 3 {
			a, b := errs[shard], errs[shard+3]
			require.True(t, (a == nil) != (b == nil), "one of the two runs: %v, %v", a, b)
			require.ErrorIs(t, errors.Join(a, b), messages.ErrInvalidRequest)
		}
		require.NoError(t, tx.Commit(ctx), "a refused statement aborts nothing")

		// Reads over all shards, of one transaction, through futures.
		tx, err = s.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
		future := tx.Send(coordinator.AllShards(ctx), &messages.Query{SQL: "select n from t"})
		rows, err := future.Await(ctx)
		require.NoError(t, err)
		n, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		require.NoError(t, err)
		require.Len(t, n, 6)
		require.Equal(t, s.ids, tx.Shards())
		require.NoError(t, tx.Rollback(ctx))
	})
}

// A transaction takes its place among the calls in flight under its context, and gives it back.
func TestTransactionsCountAsCallsInFlight(t *testing.T) {
	inBubble(t, 2, 4, 1, func(t *testing.T, s *scripted) {
		ctx := context.Background()
		tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
		for range 3 { // its own statements need no place
			_, err = tx.Exec(coordinator.AllShards(ctx), "update t set n = 1")
			require.NoError(t, err)
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err = s.BeginAll(short, coordinator.TxOptions{})
		require.ErrorIs(t, err, messages.ErrOverloaded)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, tx.Commit(ctx))
		for range 3 {
			tx, err = s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			require.NoError(t, tx.Rollback(ctx))
			_, err = s.BeginAll(ctx, coordinator.TxOptions{Shards: []messages.ShardID{"nowhere"}})
			require.ErrorIs(t, err, messages.ErrUnknownShard)
		}
		_, err = s.Exec(coordinator.AllShards(ctx), "update t set n = 1")
		require.NoError(t, err)
	})
}
