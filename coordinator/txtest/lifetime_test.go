package txtest_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// endings are what ends a transaction that nobody ends: its context, and the troupe. What the garbage collector does is TestForgottenTransaction's.
var endings = map[string]func(t *testing.T, s *stage, r *run){
	"cancelled": func(_ *testing.T, _ *stage, r *run) { r.cancel() },
	"deadline":  func(_ *testing.T, _ *stage, r *run) { r.alarm.ring() },
	"closed":    func(t *testing.T, s *stage, _ *run) { require.NoError(t, s.Close(within(t, limit))) },
}

func TestNobodyEndsATransaction(t *testing.T) {
	for _, kinds := range []string{"sss", "psp"} {
		for name, end := range endings {
			for _, state := range []string{"idle", "in a savepoint", "aborted", "rows open"} {
				t.Run(kinds+" "+name+" "+state, func(t *testing.T) {
					s := open(t, kinds, nil)
					s.everywhere(t, createLedger)
					r := newRun(t, s, 1)
					defer r.hangUp()
					tx, err := s.BeginAll(r.ctx, coordinator.TxOptions{})
					require.NoError(t, err)
					require.NoError(t, s.enter(r.call, tx, 1))
					rows := s.reach(r, tx, state)
					begin := time.Now()
					end(t, s, r)
					eventually(t, func() bool {
						_, err := tx.Exec(on(r.call, s.dbs[0]), "select 1")
						return errors.Is(err, pgx.ErrTxClosed)
					}, "it goes on")
					require.Less(t, time.Since(begin), soon)
					if rows != nil {
						for rows.Next() {
						}
						require.Error(t, rows.Err(), "the rows were cut short without an error")
						requireTyped(t, rows.Err())
					}
					require.ErrorIs(t, tx.Commit(r.call), pgx.ErrTxClosed)
					require.ErrorIs(t, tx.Rollback(r.call), pgx.ErrTxClosed)
					s.requireIdle(t)
					require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0, "s2": 0}, s.entries(t, 1))
					if name != "closed" {
						s.requireWorking(t, 2)
					}
				})
			}
		}
	}
}

// reach brings a transaction into a state.
func (s *stage) reach(r *run, tx *coordinator.Tx, state string) pgx.Rows {
	switch state {
	case "in a savepoint":
		sp, err := tx.Begin(r.call)
		require.NoError(r.t, err)
		_, err = sp.Exec(on(r.call, s.dbs[0]), "insert into ledger values (1, 'savepoint')")
		require.NoError(r.t, err)
	case "aborted":
		_, err := tx.Exec(on(r.call, s.dbs[0]), "insert into ledger values (1, null)")
		require.Error(r.t, err)
	case "rows open":
		rows, err := tx.Query(on(r.call, s.dbs[0]), "with recursive r(n) as (values (1) union all select n + 1 from r where n < 60000) select n from r")
		require.NoError(r.t, err)
		require.True(r.t, rows.Next())
		return rows
	}
	return nil
}

// A transaction that is forgotten is rolled back once the garbage collector finds it, and the log says so.
func TestForgottenTransaction(t *testing.T) {
	for name, options := range map[string]coordinator.TxOptions{"enlisted by a statement": {}, "enlisted up front": {Shards: []messages.ShardID{"s0", "s1"}}} {
		t.Run(name, func(t *testing.T) {
			log := new(journal)
			s := open(t, "sp", func(cfg *coordinator.Config) { cfg.Logger = slog.New(slog.NewTextHandler(log, nil)) })
			s.everywhere(t, createLedger)
			func() {
				tx, err := s.BeginAll(context.Background(), options)
				require.NoError(t, err)
				require.NoError(t, s.enter(context.Background(), tx, 1))
			}()
			eventually(t, func() bool {
				runtime.GC()
				return strings.Contains(log.String(), "forgotten")
			}, "nobody notices")
			eventually(t, func() bool { return s.dbs[0].free() }, "the file stays locked")
			s.requireIdle(t)
			s.requireWorking(t, 2)
			require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0}, s.entries(t, 1))
		})
	}
}

// journal is a log that a test reads.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// Open rows are no reason to lose anything: a commit is refused until they are closed, a rollback is done.
func TestEndWithOpenRows(t *testing.T) {
	for _, kinds := range []string{"ss", "pp"} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, nil)
			s.everywhere(t, createLedger)
			ctx := background(t)
			tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			require.NoError(t, s.enter(ctx, tx, 1))
			r := &run{stage: s, t: t, call: ctx}
			rows := s.reach(r, tx, "rows open")
			require.ErrorIs(t, tx.Commit(ctx), messages.ErrInvalidRequest)
			_, err = tx.Begin(ctx)
			require.ErrorIs(t, err, messages.ErrInvalidRequest)
			require.True(t, rows.Next(), "the rows go on")
			_, err = tx.Exec(on(ctx, s.dbs[1]), "insert into ledger values (1, 'more')")
			require.NoError(t, err, "and so does the other shard")
			mustReturn(t, rows.Close) // read to their end, so that the transaction goes on
			require.NoError(t, rows.Err())
			require.NoError(t, tx.Commit(ctx))
			s.requireIdle(t)
			require.Equal(t, map[messages.ShardID]int{"s0": 1, "s1": 2}, s.entries(t, 1))

			tx, err = s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			require.NoError(t, s.enter(ctx, tx, 2))
			rows = s.reach(r, tx, "rows open")
			require.NoError(t, tx.Rollback(ctx))
			for rows.Next() {
			}
			require.Error(t, rows.Err())
			requireTyped(t, rows.Err())
			s.requireIdle(t)
			require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0}, s.entries(t, 2))
			s.requireWorking(t, 3)
		})
	}
}

// The server takes the COMMIT and answers nothing more: the call returns at its deadline, and says that it doesn't know.
func TestServerFreezesInTheCommit(t *testing.T) {
	s := open(t, "pps", nil)
	s.everywhere(t, createLedger)
	for shard := range 2 {
		number := int64(shard + 1)
		d := s.dbs[shard]
		ctx := background(t)
		tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
		require.NoError(t, s.enter(ctx, tx, number))
		d.trap.arm(&snare{verb: "commit", nth: 1, before: func() error {
			d.proxy.hold()
			return nil
		}})
		const deadline = 100 * time.Millisecond
		short := within(t, deadline)
		begin := time.Now()
		mustReturn(t, func() { err = tx.Commit(short) })
		took := time.Since(begin)
		d.proxy.cut()
		require.Less(t, took, deadline+soon)
		var ce *coordinator.CommitError
		require.ErrorAs(t, err, &ce)
		require.Len(t, ce.Unknown, 1)
		require.Equal(t, d.id, ce.Unknown[0].Shard)
		require.Len(t, ce.Committed, shard)
		require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		s.requireIdle(t)
		there := s.entries(t, number)
		require.Equal(t, 1, there[d.id], "the server had it")
		for _, o := range ce.Failed {
			require.Zero(t, there[o.Shard])
		}
		for _, o := range ce.Committed {
			require.Equal(t, 1, there[o.Shard])
		}
		s.requireWorking(t, 100+number)
	}
}
