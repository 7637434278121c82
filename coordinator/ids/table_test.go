package ids_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func TestTableCountsForEachTable(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
		table := newTable(t, troupe, 10)
		requireChecks(t, table)
		for _, name := range []string{"t", "T", "public.t", `it's "t"`, "schöner tisch"} {
			for i := range 3 {
				got, err := table.Next(t.Context(), name, 7)
				require.NoError(t, err)
				first := int64(7*i + 1)
				require.Equal(t, []any{first, first + 1, first + 2, first + 3, first + 4, first + 5, first + 6}, got)
			}
			require.EqualValues(t, 31, number(t, troupe, "select next from troupe_ids where name = $1", name))
		}
	})
}

// TestTableTakesWhatLacks: a demand that is larger than a block is taken exactly.
func TestTableTakesWhatLacks(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
		table := newTable(t, troupe, 10)
		for _, step := range []struct {
			n    int
			next int64
		}{{1, 11}, {25, 27}, {1, 37}, {9, 37}, {10, 47}, {30, 77}, {3, 87}} {
			got, err := table.Next(t.Context(), "t", step.n)
			require.NoError(t, err)
			require.Len(t, got, step.n)
			require.Equal(t, step.next, nextNumber(t, troupe), step)
		}
	})
}

func TestNumbersRunOut(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
		table := newTable(t, troupe, 5)
		run(t, troupe, "insert into troupe_ids values ('t', $1)", int64(math.MaxInt64-7))
		got, err := table.Next(t.Context(), "t", 5)
		require.NoError(t, err)
		require.EqualValues(t, math.MaxInt64-7, got[0])
		_, err = table.Next(t.Context(), "t", 5)
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.ErrorContains(t, err, "table t")
		require.EqualValues(t, math.MaxInt64-2, nextNumber(t, troupe), "nothing was changed")
		run(t, troupe, "update troupe_ids set next = -100")
		_, err = table.Next(t.Context(), "t", 5)
		require.ErrorIs(t, err, messages.ErrDamaged)
	})
}

func TestTableThatIsNotThere(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
		table, err := ids.NewTable(troupe, ids.TableConfig{})
		require.NoError(t, err)
		_, err = table.Next(t.Context(), "t", 1)
		require.ErrorIs(t, err, messages.ErrStatement)
		require.NoError(t, table.Create(t.Context()))
		require.NoError(t, table.Create(t.Context()), "it is there")
		got, err := table.Next(t.Context(), "t", 1)
		require.NoError(t, err)
		require.Equal(t, []any{int64(1)}, got)
	})
}

// TestTableMadeByManyAtOnce: PostgreSQL's IF NOT EXISTS is no promise to those who come at the same time.
func TestTableMadeByManyAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		var tables []*ids.Table
		for range 10 {
			troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
			run(t, troupe, "select 1")
			for name := range 4 {
				table, err := ids.NewTable(troupe, ids.TableConfig{Table: fmt.Sprintf("ids%d", name)})
				require.NoError(t, err)
				tables = append(tables, table)
			}
		}
		var all sync.WaitGroup
		for _, table := range tables {
			all.Go(func() { assert.NoError(t, table.Create(t.Context())) })
		}
		all.Wait()
	})
}

// TestPinsOfTheCallerAreNoBusinessOfTheTable, which has a shard of its own.
func TestPinsOfTheCallerAreNoBusinessOfTheTable(t *testing.T) {
	troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: "sqlite::memory:"}, shardworker.Shard{ID: "s1", DSN: "sqlite::memory:"})
	table := newTable(t, troupe, 5)
	for _, pin := range []func(context.Context) context.Context{
		func(ctx context.Context) context.Context { return coordinator.OnShard(ctx, "s1") },
		func(ctx context.Context) context.Context { return coordinator.OnShards(ctx, nil) },
		func(ctx context.Context) context.Context { return coordinator.AllShards(ctx) },
	} {
		ctx, touched := coordinator.WatchTouched(pin(t.Context()))
		got, err := table.Next(ctx, "t", 5)
		require.NoError(t, err)
		require.Len(t, got, 5)
		require.Equal(t, []messages.ShardID{"s0"}, touched.Shards())
		require.NoError(t, table.Create(ctx))
	}
}

// TestHundredWriters: 100 writers × 100 ids over several troupes on one database. No number comes twice, and each troupe has at most
// a block left when all are through.
func TestHundredWriters(t *testing.T) {
	const troupes, writers, each, block = 4, 100, 100, 30
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		var tables []*ids.Table
		var troupe *coordinator.Troupe
		for range troupes {
			troupe = spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
			tables = append(tables, newTable(t, troupe, block))
		}
		var mu sync.Mutex
		var taken []int64
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				table := tables[w%troupes]
				for got := 0; got < each; {
					n := min(1+(w+got)%7, each-got)
					list, err := table.Next(within(t, limit), "t", n)
					if !assert.NoError(t, err) || !assert.Len(t, list, n) {
						return
					}
					got += n
					mu.Lock()
					taken = append(taken, numbers(list)...)
					mu.Unlock()
				}
			})
		}
		all.Wait()
		slices.Sort(taken)
		require.Len(t, taken, writers*each)
		require.Len(t, slices.Compact(slices.Clone(taken)), writers*each, "a number came twice")
		require.EqualValues(t, 1, taken[0])
		unused := nextNumber(t, troupe) - 1 - writers*each
		t.Logf("%d numbers are unused", unused)
		require.GreaterOrEqual(t, unused, int64(0))
		require.Less(t, unused, int64(troupes*block))
	})
}

// TestWritersAtAStricterIsolationLevel: where the database defaults to it, PostgreSQL refuses who comes at the same time.
func TestWritersAtAStricterIsolationLevel(t *testing.T) {
	for _, level := range []string{"repeatable read", "serializable"} {
		t.Run(level, func(t *testing.T) {
			db := pgtest.Shared(t)
			require.NoError(t, db.Exec("alter database "+db.Name()+" set default_transaction_isolation to '"+level+"'"))
			var all sync.WaitGroup
			var mu sync.Mutex
			var taken []int64
			for range 3 {
				table := newTable(t, spawn(t, shardworker.Shard{ID: "s0", DSN: shardworker.DSN(db.DSN())}), 1)
				all.Go(func() {
					for range 30 {
						got, err := table.Next(within(t, limit), "t", 1)
						if !assert.NoError(t, err) {
							return
						}
						mu.Lock()
						taken = append(taken, numbers(got)...)
						mu.Unlock()
					}
				})
			}
			all.Wait()
			slices.Sort(taken)
			require.Len(t, slices.Compact(taken), 90)
			require.EqualValues(t, 90, taken[89], "there is no gap: what was refused took nothing")
		})
	}
}

// TestNextReturnsWhenItsContextEnds although the row is locked, and the others get theirs when it isn't any more.
func TestNextReturnsWhenItsContextEnds(t *testing.T) {
	db := pgtest.Shared(t)
	troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: shardworker.DSN(db.DSN())})
	table := newTable(t, troupe, 1)
	_, err := table.Next(t.Context(), "t", 1)
	require.NoError(t, err)
	release := lockRow(t, db)
	patient := make(chan error, 1)
	got := make(chan []any, 1)
	go func() {
		list, err := table.Next(within(t, limit), "t", 1)
		got <- list
		patient <- err
	}()
	require.Eventually(t, func() bool {
		n, err := db.QueryInt("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = $1", db.Name())
		return err == nil && n == 1
	}, limit, 5*time.Millisecond, "the fetch is at the lock")
	for range 5 {
		start := time.Now()
		_, err := table.Next(within(t, 20*time.Millisecond), "t", 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, time.Since(start), 500*time.Millisecond)
	}
	release()
	require.NoError(t, <-patient)
	require.Equal(t, []any{int64(2)}, <-got, "those who left took nothing along")
	// Where nobody waits any more, the fetch is cancelled: it may have taken its numbers, and nobody gets them.
	release = lockRow(t, db)
	_, err = table.Next(within(t, 20*time.Millisecond), "t", 1)
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.Eventually(t, func() bool {
		n, err := db.QueryInt("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = $1", db.Name())
		return err == nil && n == 0
	}, limit, 5*time.Millisecond, "the fetch still waits")
	release()
	list, err := table.Next(within(t, limit), "t", 1)
	require.NoError(t, err)
	require.Contains(t, []int64{3, 4}, list[0])
}

// TestAClosedTroupe: who waits is told at once.
func TestAClosedTroupe(t *testing.T) {
	db := pgtest.Shared(t)
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{
		Shards: []shardworker.Shard{{ID: "s0", DSN: shardworker.DSN(db.DSN())}}, Logger: quiet,
	})
	require.NoError(t, err)
	table := newTable(t, troupe, 3)
	_, err = table.Next(t.Context(), "t", 1)
	require.NoError(t, err)
	release := lockRow(t, db)
	defer release()
	waits := make(chan error, 1)
	go func() {
		_, err := table.Next(context.Background(), "t", 3)
		waits <- err
	}()
	require.Eventually(t, func() bool {
		n, err := db.QueryInt("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = $1", db.Name())
		return err == nil && n == 1
	}, limit, 5*time.Millisecond)
	require.NoError(t, troupe.Close(within(t, limit)))
	require.ErrorIs(t, <-waits, messages.ErrClosed)
	_, err = table.Next(t.Context(), "t", 3)
	require.ErrorIs(t, err, messages.ErrClosed)
	require.False(t, errors.Is(err, messages.ErrOutcomeUnknown))
	got, err := table.Next(t.Context(), "t", 2)
	require.NoError(t, err, "what it has it gives")
	require.Equal(t, []any{int64(2), int64(3)}, got)
}

// TestUUIDsInEveryDatabase: they are read back as what they were written.
func TestUUIDsInEveryDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
		run(t, troupe, "create table u (id uuid primary key)")
		got, err := ids.UUIDv7().Next(t.Context(), "u", 50)
		require.NoError(t, err)
		for _, id := range slices.Backward(got) {
			run(t, troupe, "insert into u values ($1)", id)
		}
		rows, err := troupe.Query(t.Context(), "select id from u order by id")
		require.NoError(t, err)
		read, err := coordinator.Collect[[16]byte](rows)
		require.NoError(t, err)
		require.Len(t, read, 50)
		for i := range read {
			require.Equal(t, got[i], read[i], "the database sorts them as they were made")
		}
	})
}
