package txtest_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

const createCounters = "create table counters (n integer not null); insert into counters values (0)"

// increment adds one to the counter of each shard, in the order of dbs.
func increment(ctx context.Context, tx *coordinator.Tx, dbs []*database) error {
	for _, d := range dbs {
		tag, err := tx.Exec(on(ctx, d), "update counters set n = n + 1")
		if err != nil {
			return err
		}
		if tag.RowsAffected() != 1 {
			return fmt.Errorf("%s: %s", d.id, tag)
		}
	}
	return nil
}

// requireCounters checks that each shard was counted up n times.
func (s *stage) requireCounters(t testing.TB, n int) {
	t.Helper()
	s.requireIdle(t)
	for _, d := range s.dbs {
		require.Equal(t, n, d.number(t, "select n from counters"), d.id)
	}
}

// Two transactions have each a shard and want the other's: one of them is told of a conflict at once, the other finishes.
func TestCycleOfTwo(t *testing.T) {
	for _, kinds := range []string{"ss", "pp", "ps"} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, nil)
			s.everywhere(t, createCounters)
			counted := 0
			for range repeats(20, 500) {
				counted += s.cycle(t, 2)
			}
			s.requireCounters(t, counted)
		})
	}
}

func TestCycleOfThree(t *testing.T) {
	for _, kinds := range []string{"sss", "psp"} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, nil)
			s.everywhere(t, createCounters)
			for range repeats(20, 500) {
				s.cycle(t, 3)
			}
			s.requireIdle(t)
		})
	}
}

// cycle has n transactions take one shard each, and then the next one's. It returns how many committed.
func (s *stage) cycle(t *testing.T, n int) (committed int) {
	ctx := background(t)
	var taken, all sync.WaitGroup
	taken.Add(n)
	errs := make([]error, n)
	mustReturn(t, func() {
		for i := range n {
			all.Go(func() {
				tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
				if err == nil {
					err = increment(ctx, tx, s.dbs[i:i+1])
				}
				taken.Done()
				taken.Wait()
				if err == nil {
					next := (i + 1) % n
					err = increment(ctx, tx, s.dbs[next:next+1])
				}
				if err == nil {
					err = tx.Commit(ctx)
				}
				if tx != nil {
					_ = tx.Rollback(ctx)
				}
				errs[i] = err
			})
		}
		all.Wait()
	})
	for _, err := range errs {
		if err == nil {
			committed++
			continue
		}
		require.ErrorIs(t, err, messages.ErrTxConflict)
		require.True(t, messages.Conflict(err))
	}
	require.Positive(t, committed, "somebody has to come through: %v", errs)
	require.Less(t, committed, n, "the cycle was not closed, so the test tests nothing")
	return committed
}

// Many transactions over shards in any order, by closures that are run again: all come through, and none by a deadline.
func TestManyTransactionsInAnyOrder(t *testing.T) {
	for name, c := range map[string]struct {
		kinds    string
		upFront  bool
		inFlight int
	}{
		"SQLite":                    {"sss", false, 0},
		"PostgreSQL":                {"ppp", false, 0},
		"mixed":                     {"psp", false, 0},
		"known up front":            {"sps", true, 0},
		"one call in flight":        {"ps", false, 1},
		"two calls in flight":       {"psp", false, 2},
		"one, and known up front":   {"ps", true, 1},
		"PostgreSQL, known, 1 call": {"ppp", true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.kinds, func(cfg *coordinator.Config) { cfg.MaxInFlight = c.inFlight })
			s.everywhere(t, createCounters)
			const writers = 8
			rounds := repeats(6, 100)
			var attempts, again atomic.Int64
			var all sync.WaitGroup
			mustReturn(t, func() {
				for w := range writers {
					random := rand.New(rand.NewPCG(uint64(w), 7))
					all.Go(func() {
						for range rounds {
							dbs := slices.Clone(s.dbs)
							random.Shuffle(len(dbs), func(i, j int) { dbs[i], dbs[j] = dbs[j], dbs[i] })
							options := coordinator.TxOptions{MaxAttempts: 1000}
							if c.upFront {
								for _, d := range dbs {
									options.Shards = append(options.Shards, d.id)
								}
							}
							assert.NoError(t, s.InTx(background(t), options, func(ctx context.Context, tx *coordinator.Tx) error {
								attempts.Add(1)
								if tx.Attempt() > 1 {
									again.Add(1)
								}
								return increment(ctx, tx, dbs)
							}))
						}
					})
				}
				all.Wait()
			})
			t.Logf("%d transactions, %d attempts", writers*rounds, attempts.Load())
			if c.upFront {
				assert.Zero(t, again.Load(), "shards that are known are taken in one order: no conflict")
			}
			s.requireCounters(t, writers*rounds)
		})
	}
}

// Reads of one transaction over all shards, calls without a transaction, and transactions wait for the same connections.
func TestTransactionsBesidesOtherCalls(t *testing.T) {
	s := open(t, "psp", func(cfg *coordinator.Config) { cfg.MaxInFlight = 3 })
	s.everywhere(t, createCounters)
	rounds := repeats(15, 300)
	var all sync.WaitGroup
	mustReturn(t, func() {
		for range 3 {
			all.Go(func() {
				for range rounds {
					assert.NoError(t, s.InTx(background(t), coordinator.TxOptions{MaxAttempts: 1000}, func(ctx context.Context, tx *coordinator.Tx) error {
						var sum int
						if err := tx.QueryRow(coordinator.AllShards(ctx), "select sum(n) from counters").Scan(&sum); err != nil {
							return err
						}
						return increment(ctx, tx, s.dbs)
					}))
				}
			})
			all.Go(func() {
				for range rounds {
					var n int
					assert.NoError(t, s.QueryRow(coordinator.AllShards(background(t)), "select sum(n) from counters").Scan(&n))
				}
			})
		}
		all.Wait()
	})
	s.requireCounters(t, 3*rounds)
}

// A transaction that waits for another while its own rows are open isn't waited for by that other for ever.
func TestWaitWithOpenRows(t *testing.T) {
	for _, kinds := range []string{"pp", "ss", "ps"} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, nil)
			s.everywhere(t, createCounters+"; create table many (n integer)")
			s.everywhere(t, "insert into many with recursive r(n) as (values (1) union all select n + 1 from r where n < 50000) select n from r")
			ctx := background(t)
			one, err := s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			two, err := s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			require.NoError(t, increment(ctx, one, s.dbs[:1]))
			require.NoError(t, increment(ctx, two, s.dbs[1:]))
			rows, err := one.Query(on(ctx, s.dbs[0]), "select n from many")
			require.NoError(t, err)
			require.True(t, rows.Next())

			// The same shard has but one connection, and that one is busy with the rows.
			_, err = one.Exec(on(ctx, s.dbs[0]), "update counters set n = n + 1")
			require.ErrorIs(t, err, messages.ErrInvalidRequest)

			// Each wants what the other has. One is told so at once; the other waits until that one has rolled back.
			type ending struct {
				tx  *coordinator.Tx
				err error
			}
			endings := make(chan ending, 2)
			go func() { endings <- ending{one, increment(ctx, one, s.dbs[1:])} }()
			go func() { endings <- ending{two, increment(ctx, two, s.dbs[:1])} }()
			var first, second ending
			mustReturn(t, func() { first = <-endings })
			require.ErrorIs(t, first.err, messages.ErrTxConflict)
			if first.tx == one {
				rows.Close()
			}
			require.NoError(t, first.tx.Rollback(ctx))
			mustReturn(t, func() { second = <-endings })
			require.NoError(t, second.err)
			if second.tx == one { // its rows were there all the time
				n := 1
				for rows.Next() {
					n++
				}
				require.NoError(t, rows.Err())
				require.Equal(t, 50000, n)
			}
			require.NoError(t, second.tx.Commit(ctx))
			s.requireCounters(t, 1)
		})
	}
}

// A transaction that waits for a shard leaves at its deadline, and takes nothing from the one that has it.
func TestWaitForAShardEndsWithTheContext(t *testing.T) {
	s := open(t, "ps", nil)
	s.everywhere(t, createCounters)
	ctx := background(t)
	for i := range s.dbs {
		holder, err := s.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
		require.NoError(t, increment(ctx, holder, s.dbs[i:i+1]))
		for _, upFront := range []bool{false, true} {
			const deadline = 100 * time.Millisecond
			begin := time.Now()
			short := within(t, deadline)
			options := coordinator.TxOptions{}
			if upFront {
				options.Shards = []messages.ShardID{s.dbs[i].id}
			}
			tx, err := s.BeginAll(short, options)
			if err == nil {
				err = increment(short, tx, s.dbs[i:i+1])
			}
			require.Error(t, err)
			requireTyped(t, err)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Less(t, time.Since(begin), deadline+soon)
			if tx != nil {
				if err := tx.Rollback(ctx); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
					requireTyped(t, err)
				}
			}
		}
		require.NoError(t, increment(ctx, holder, s.dbs[i:i+1]))
		require.NoError(t, holder.Commit(ctx))
	}
	s.requireCounters(t, 2)
}
