package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
	"github.com/troupedb/troupe/shardworker/postgres"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// crowd is many callers of one troupe, who leave when they like while its workers are stopped. Each asks for what nobody else does, so an
// answer that is somebody else's shows.
type crowd struct {
	*coordinator.Troupe
	t         *testing.T
	one, many string // ask for the argument, in one row or in three
	insert    string // inserts the argument

	lastKey atomic.Int64
	good    atomic.Int64 // answers without an error
	mu      sync.Mutex
	done    map[int64]bool // inserts: that were acknowledged (true), or refused for certain
}

// honest are errors that calls may have whose context ends, whose worker stops, or whose troupe is closed.
var honest = []messages.Code{
	messages.ErrCanceled, messages.ErrPoolExhausted, messages.ErrShardLost, messages.ErrUnavailable, messages.ErrOutcomeUnknown,
	messages.ErrClosed, messages.ErrOverloaded,
}

// nonsense is what no worker understands.
const nonsense = "nonsense"

func (c *crowd) check(what string, key int64, err error) {
	if err == nil {
		c.good.Add(1)
		return
	}
	for _, code := range honest {
		if errors.Is(err, code) {
			return
		}
	}
	var failed *messages.Error
	if errors.As(err, &failed) && failed.Code == messages.ErrPanic && failed.Op == "string" { // the type of nonsense
		return
	}
	c.t.Errorf("%s of %d: %v", what, key, err)
}

// rowsOf is a pgx.RowScanner that keeps the rows that it is given.
type rowsOf struct {
	n    int64
	kept pgx.Rows
}

func (r *rowsOf) ScanRow(rows pgx.Rows) error {
	r.kept = rows
	return rows.Scan(&r.n)
}

// spoiler is a destination that panics.
type spoiler struct{}

func (spoiler) ScanInt64(pgtype.Int8) error { panic("spoilt") }

// ask makes one call of some kind.
func (c *crowd) ask(ctx context.Context, kind int) {
	key := c.lastKey.Add(1)
	n := int64(-1)
	equals := func(got int64) {
		if got != key {
			c.t.Errorf("kind %d: %d got the answer of %d", kind, key, got)
		}
	}
	switch kind {
	case 0, 1, 2:
		err := c.QueryRow(ctx, c.one, key).Scan(&n)
		if c.check("one row", key, err); err == nil {
			equals(n)
		}
	case 3:
		row := c.QueryRow(ctx, c.many, key) // the others are cancelled
		err := row.Scan(&n)
		if c.check("the first of several rows", key, err); err == nil {
			equals(n)
			require.ErrorIs(c.t, row.Scan(&n), pgx.ErrNoRows)
		}
	case 4, 5:
		tag, err := c.Exec(ctx, c.insert, key)
		if c.check("insert", key, err); err == nil && tag.RowsAffected() != 1 {
			c.t.Errorf("insert of %d: %s", key, tag)
		}
		if !errors.Is(err, messages.ErrOutcomeUnknown) {
			c.mu.Lock()
			c.done[key] = err == nil
			c.mu.Unlock()
		}
	case 6:
		rows, err := c.Query(ctx, c.many, key)
		count := 0
		for rows.Next() {
			if err := rows.Scan(&n); err != nil {
				c.t.Errorf("rows of %d: %v", key, err)
			}
			equals(n)
			count++
		}
		if err = errors.Join(err, rows.Err()); err == nil && count != 3 {
			c.t.Errorf("%d rows of %d", count, key)
		}
		c.check("rows", key, err)
	case 7:
		_ = c.QueryRow(ctx, c.one, key) // never scanned
	case 8:
		var whole rowsOf
		err := c.QueryRow(ctx, c.one, key).Scan(&whole)
		if c.check("whole row", key, err); err == nil {
			equals(whole.n)
			c.ask(ctx, 0)
			if tag := whole.kept.CommandTag(); whole.kept.Err() != nil || whole.kept.Next() || tag.String() != "SELECT 1" && tag.String() != "SELECT" {
				c.t.Errorf("the rows that were kept of %d: %v %q", key, whole.kept.Err(), tag)
			}
		}
	case 9:
		func() {
			defer func() { _ = recover() }()
			_ = c.QueryRow(ctx, c.one, key).Scan(spoiler{})
		}()
	case 10:
		watched, touched := coordinator.WatchTouched(ctx)
		err := c.QueryRow(watched, c.one, key).Scan(&n)
		if c.check("watched", key, err); err == nil {
			equals(n)
			if calls := touched.Calls(); len(calls) != 1 || calls[0].SQL != c.one {
				c.t.Errorf("%d touched %v", key, calls)
			}
		}
	}
}

// leaver is a caller of a crowd.
func (c *crowd) leaver(random *rand.Rand) {
	ctx, cancel := context.WithCancel(coordinator.OnShard(context.Background(), "s0"))
	defer cancel()
	switch random.IntN(6) {
	case 0:
		ctx, cancel = context.WithTimeout(ctx, time.Duration(random.IntN(3000))*time.Microsecond)
		defer cancel()
	case 1:
		defer time.AfterFunc(time.Duration(random.IntN(500))*time.Microsecond, cancel).Stop()
	case 2:
		ctx = context.WithoutCancel(ctx)
	}
	c.ask(ctx, random.IntN(11))
}

// stopWorkers stops one worker after the other, or makes it panic, each after a few calls.
func (c *crowd) stopWorkers(times int) {
	ctx := coordinator.OnShard(context.Background(), "s0")
	for i := range times {
		worker := c.WorkerOf("s0")
		if i%2 == 0 {
			worker.Notify(nonsense)
		} else if err := worker.Stop(ctx); err != nil {
			c.t.Error(err)
		}
		for i%2 == 1 && c.WorkerOf("s0") == worker {
			c.ask(ctx, 0)
		}
		for range 20 {
			c.ask(ctx, 0)
		}
	}
}

// run has callers make that many calls each, while workers are stopped, and then shuts the troupe while some still call.
func (c *crowd) run(callers, calls int, shut func()) {
	var all, some sync.WaitGroup
	over := make(chan struct{})
	for i := range callers {
		random := rand.New(rand.NewPCG(7, uint64(i)))
		all.Go(func() {
			for range calls {
				c.leaver(random)
			}
		})
		if i%4 == 0 {
			late := rand.New(rand.NewPCG(8, uint64(i)))
			some.Go(func() {
				for {
					select {
					case <-over:
						return
					default:
						c.leaver(late)
					}
				}
			})
		}
	}
	all.Go(func() { c.stopWorkers(20) })
	all.Wait()
	shut()
	close(over)
	some.Wait()
}

func (c *crowd) requireGood(calls int) {
	require.Greater(c.t, c.good.Load(), int64(calls/3), "too few calls came to anything")
}

const crowdSize, crowdCalls = 16, 250

func TestManyCallsGetTheirOwnAnswers(t *testing.T) {
	company := func(sql string, _ []any, _ bool) shardworker.Company {
		if strings.HasPrefix(sql, "select") {
			return shardworker.AmongReads
		}
		return shardworker.AmongWrites
	}
	for _, shards := range []int{1, 2} {
		for _, notPrompt := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d shards, not prompt %v", shards, notPrompt), func(t *testing.T) {
				c := spawnOpen(t, shards, func(cfg *coordinator.Config) { cfg.Echo = slog.New(slog.DiscardHandler) },
					fake.Config{Lanes: []int{2}, Company: company, NotPrompt: notPrompt})
				for _, f := range c.fakes {
					n := fake.Column("n", pgtype.Int8OID)
					f.Handle("select one", func(_ context.Context, args []any) fake.Result {
						return fake.Rows(n).Row(args[0].(int64)).WithTag("SELECT 1")
					})
					f.Handle("select many", func(_ context.Context, args []any) fake.Result {
						return fake.Rows(n).Row(args[0].(int64)).Row(args[0].(int64)).Row(args[0].(int64)).
							Redescribe(1, fake.Column("m", pgtype.Int8OID)).Redescribe(2, n)
					})
					f.Handle("insert", func(context.Context, []any) fake.Result { return fake.Tag("INSERT 0 1") })
				}
				crowd := &crowd{Troupe: c.Troupe, t: t, one: "select one", many: "select many", insert: "insert", done: map[int64]bool{}}
				crowd.run(crowdSize, crowdCalls, func() { require.NoError(t, c.Close(context.Background())) })
				crowd.requireGood(crowdSize * crowdCalls)
				c.requireReleased(t)
				require.NotZero(t, c.fakes["s0"].Stats().Batches)
				ran := map[int64]int{}
				for _, s := range c.fakes["s0"].Statements() {
					if s.SQL == "insert" && !s.Again {
						ran[s.Args[0].(int64)]++
					}
				}
				for key, done := range crowd.done {
					if done {
						require.Equal(t, 1, ran[key], "insert of %d", key)
					}
				}
			})
		}
	}
}

// TestManyCallsOfDatabases: what was acknowledged is there afterwards, and what failed for certain is not.
func TestManyCallsOfDatabases(t *testing.T) {
	path, shared := filepath.Join(t.TempDir(), "crowd.db"), pgtest.Shared(t)
	for name, test := range map[string]struct {
		open   func() (shardworker.Backend, error)
		number string
		calls  int
	}{
		"SQLite": {
			open:   func() (shardworker.Backend, error) { return sqlite.New(sqlite.Config{Path: path, Readers: 2}) },
			number: "CAST($1 AS integer)", calls: crowdCalls,
		},
		"PostgreSQL": {
			open: func() (shardworker.Backend, error) {
				return postgres.New(postgres.Config{DSN: shared.DSN() + "&pool_max_conns=3", GroupCommit: true})
			},
			number: "$1::bigint", calls: crowdCalls / 5,
		},
	} {
		t.Run(name, func(t *testing.T) {
			spawn := func() *coordinator.Troupe {
				b, err := test.open()
				require.NoError(t, err)
				troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{
					Shards: []shardworker.Shard{{ID: "s0", Backend: b}}, Logger: slog.New(slog.DiscardHandler), CloseTimeout: patience,
				})
				require.NoError(t, err)
				return troupe
			}
			troupe := spawn()
			_, err := troupe.Exec(t.Context(), "CREATE TABLE t (k bigint primary key)")
			require.NoError(t, err)
			crowd := &crowd{
				Troupe: troupe, t: t, done: map[int64]bool{}, one: "SELECT " + test.number, insert: "INSERT INTO t VALUES ($1)",
				many: strings.ReplaceAll("SELECT n UNION ALL SELECT n UNION ALL SELECT n", "n", test.number),
			}
			crowd.run(crowdSize, test.calls, func() { require.NoError(t, troupe.Close(context.Background())) })
			crowd.requireGood(crowdSize * test.calls)

			troupe = spawn()
			defer func() { require.NoError(t, troupe.Close(context.Background())) }()
			rows, err := troupe.Query(t.Context(), "SELECT k FROM t")
			require.NoError(t, err)
			stored := map[int64]bool{}
			for k, err := range coordinator.Each[int64](rows) {
				require.NoError(t, err)
				stored[k] = true
			}
			for key, acknowledged := range crowd.done {
				require.Equal(t, acknowledged, stored[key], "insert of %d", key)
			}
		})
	}
}
