package txtest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// Two closures read both rows and write one each: PostgreSQL lets one of them through, and the other is run again.
func TestInTxIsRunAgainAfterASerializationFailure(t *testing.T) {
	s := openWide(t, "pp")
	s.everywhere(t, "create table duty (who integer primary key, here boolean not null); insert into duty values (1, true), (2, true)")
	for round := range repeats(5, 100) {
		s.everywhere(t, "update duty set here = true")
		read := make(chan struct{}, 2)
		var bothRead sync.WaitGroup
		bothRead.Add(2)
		attempts := make([][]int, 2)
		var all sync.WaitGroup
		mustReturn(t, func() {
			for i := range 2 {
				all.Go(func() {
					options := coordinator.TxOptions{TxOptions: pgx.TxOptions{IsoLevel: pgx.Serializable}}
					assert.NoError(t, s.InTx(background(t), options, func(ctx context.Context, tx *coordinator.Tx) error {
						attempts[i] = append(attempts[i], tx.Attempt())
						ctx = on(ctx, s.dbs[0])
						var here int
						if err := s.QueryRow(ctx, "select count(*) from duty where here").Scan(&here); err != nil {
							return err
						}
						if tx.Attempt() == 1 {
							bothRead.Done()
							bothRead.Wait()
							read <- struct{}{}
						}
						if here < 2 {
							return nil // somebody has to stay
						}
						_, err := s.Exec(ctx, "update duty set here = false where who = $1", i+1)
						return err
					}))
				})
			}
			all.Wait()
		})
		require.Equal(t, 1, s.dbs[0].number(t, "select count(*) from duty where here"), "round %d: %v", round, attempts)
		require.ElementsMatch(t, [][]int{{1}, {1, 2}}, attempts)
	}
	s.requireIdle(t)
}

// Two closures lock two rows in opposite orders: PostgreSQL ends the deadlock, and whom it hits is run again.
func TestInTxIsRunAgainAfterADeadlock(t *testing.T) {
	s := openWide(t, "p")
	s.everywhere(t, "create table pair (k integer primary key, n integer not null); insert into pair values (0, 0), (1, 0)")
	var locked sync.WaitGroup
	locked.Add(2)
	attempts := make([]int, 2)
	var all sync.WaitGroup
	mustReturn(t, func() {
		for i := range 2 {
			all.Go(func() {
				assert.NoError(t, s.InTx(background(t), coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
					attempts[i] = tx.Attempt()
					if _, err := tx.Exec(ctx, "update pair set n = n + 1 where k = $1", i); err != nil {
						return err
					}
					if tx.Attempt() == 1 {
						locked.Done()
						locked.Wait()
					}
					_, err := tx.Exec(ctx, "update pair set n = n + 1 where k = $1", 1-i)
					return err
				}))
			})
		}
		all.Wait()
	})
	require.Greater(t, max(attempts[0], attempts[1]), 1)
	require.Equal(t, 2, s.dbs[0].number(t, "select n from pair where k = 0"))
	require.Equal(t, 2, s.dbs[0].number(t, "select n from pair where k = 1"))
	s.requireIdle(t)
}

// A conflict that comes from Commit itself, with nothing committed before, is a conflict like any other.
func TestInTxIsRunAgainAfterAConflictOfTheFirstCommit(t *testing.T) {
	s := open(t, "ss", nil)
	s.everywhere(t, createLedger)
	for attempt, d := range []*database{s.dbs[0], s.dbs[0]} {
		d.trap.arm(&snare{verb: "commit", nth: 1, before: func() error { return &messages.Error{Code: messages.ErrBusy, Op: "exec"} }})
		attempts := 0
		require.NoError(t, s.InTx(background(t), coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
			attempts++
			return s.enter(ctx, tx, int64(attempt))
		}))
		require.Equal(t, 2, attempts)
		require.Equal(t, map[messages.ShardID]int{"s0": 1, "s1": 1}, s.entries(t, int64(attempt)))
	}
	s.requireIdle(t)
}

// enter writes a row on each shard.
func (s *stage) enter(ctx context.Context, tx *coordinator.Tx, number int64) error {
	for _, d := range s.dbs {
		if _, err := tx.Exec(on(ctx, d), "insert into ledger values ($1, $2)", number, "entered"); err != nil {
			return err
		}
	}
	return nil
}

// Once a part is committed, or may be, nothing is run again, whatever the cause was.
func TestInTxIsNotRunAgainAfterAPartWasCommitted(t *testing.T) {
	s := open(t, "sss", nil)
	s.everywhere(t, createLedger)
	busy := &messages.Error{Code: messages.ErrBusy, Op: "exec"}
	serialization := &messages.Error{Code: messages.ErrStatement, Op: "exec", Err: &pgconn.PgError{Code: "40001"}}
	unknown := &messages.Error{Code: messages.ErrOutcomeUnknown, Op: "exec", Err: busy}
	for i, c := range []struct {
		shard         int
		before, after error
		partial       bool
		there         []int
	}{
		{shard: 1, before: busy, partial: true, there: []int{1, 0, 0}},
		{shard: 2, before: serialization, partial: true, there: []int{1, 1, 0}},
		{shard: 0, after: unknown, there: []int{1, 0, 0}},
		{shard: 1, after: unknown, there: []int{1, 1, 0}},
	} {
		s.disarm()
		sn := &snare{verb: "commit", nth: 1}
		if c.before != nil {
			sn.before = func() error { return c.before }
		} else {
			sn.after = func() error { return c.after }
		}
		s.dbs[c.shard].trap.arm(sn)
		attempts := 0
		err := s.InTx(background(t), coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
			attempts++
			return s.enter(ctx, tx, int64(i))
		})
		var ce *coordinator.CommitError
		require.ErrorAs(t, err, &ce)
		require.Equal(t, 1, attempts)
		require.Equal(t, c.after != nil, errors.Is(err, messages.ErrOutcomeUnknown))
		if c.partial {
			require.ErrorIs(t, err, messages.ErrPartialCommit)
		}
		s.requireIdle(t)
		for shard, id := range s.Shards() {
			require.Equal(t, c.there[shard], s.entries(t, int64(i))[id], "case %d: %v", i, err)
		}
	}
}

func TestInTxGivesUpAfterItsAttempts(t *testing.T) {
	s := open(t, "sp", nil)
	s.everywhere(t, createLedger)
	conflict := &messages.Error{Code: messages.ErrTxConflict, Op: "a test"}
	for limit, want := range map[int]int{0: 10, 1: 1, 3: 3} {
		var attempts []int
		err := s.InTx(background(t), coordinator.TxOptions{MaxAttempts: limit}, func(ctx context.Context, tx *coordinator.Tx) error {
			attempts = append(attempts, tx.Attempt())
			if err := s.enter(ctx, tx, 1); err != nil {
				return err
			}
			return conflict
		})
		require.ErrorIs(t, err, messages.ErrTxConflict)
		require.Len(t, attempts, want)
		for i, attempt := range attempts {
			require.Equal(t, i+1, attempt)
		}
		s.requireIdle(t)
		require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0}, s.entries(t, 1))
	}
	err := s.InTx(background(t), coordinator.TxOptions{MaxAttempts: -1}, func(context.Context, *coordinator.Tx) error { return nil })
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
}

// Other errors of the function, and a broken transaction that it keeps quiet about.
func TestInTxRollsBack(t *testing.T) {
	s := open(t, "sp", nil)
	s.everywhere(t, createLedger)
	own := errors.New("the function's own")
	for name, c := range map[string]struct {
		f    func(ctx context.Context, tx *coordinator.Tx) error
		want error
	}{
		"its own error": {func(context.Context, *coordinator.Tx) error { return own }, own},
		"an aborted transaction": {func(ctx context.Context, tx *coordinator.Tx) error {
			_, err := tx.Exec(on(ctx, s.dbs[0]), "insert into ledger values (null, null)")
			require.ErrorIs(t, err, messages.ErrStatement)
			return nil
		}, pgx.ErrTxCommitRollback},
		"aborted on the other shard": {func(ctx context.Context, tx *coordinator.Tx) error {
			_, err := tx.Exec(on(ctx, s.dbs[1]), "insert into ledger values (null, null)")
			require.ErrorIs(t, err, messages.ErrStatement)
			return nil
		}, pgx.ErrTxCommitRollback},
		"its error in an aborted transaction": {func(ctx context.Context, tx *coordinator.Tx) error {
			_, err := tx.Exec(on(ctx, s.dbs[1]), "insert into ledger values (null, null)")
			return errors.Join(own, err)
		}, own},
	} {
		attempts := 0
		err := s.InTx(background(t), coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
			attempts++
			require.NoError(t, s.enter(ctx, tx, 1))
			return c.f(ctx, tx)
		})
		require.ErrorIs(t, err, c.want, name)
		require.Equal(t, 1, attempts, name)
		s.requireIdle(t)
		require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0}, s.entries(t, 1), name)
	}

	// The function ends the transaction itself.
	for name, end := range map[string]func(context.Context, *coordinator.Tx) error{
		"commits":    func(ctx context.Context, tx *coordinator.Tx) error { return tx.Commit(ctx) },
		"rolls back": func(ctx context.Context, tx *coordinator.Tx) error { return tx.Rollback(ctx) },
	} {
		err := s.InTx(background(t), coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
			require.NoError(t, s.enter(ctx, tx, 2+int64(len(name))))
			return end(ctx, tx)
		})
		require.ErrorIs(t, err, pgx.ErrTxClosed, name)
		s.requireIdle(t)
	}
	s.requireWorking(t, 3)
}

// A panic of the function passes through, with everything rolled back.
func TestInTxPassesAPanicOn(t *testing.T) {
	s := open(t, "sp", nil)
	s.everywhere(t, createLedger)
	attempts := 0
	require.PanicsWithValue(t, "mine", func() {
		_ = s.InTx(background(t), coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
			attempts++
			require.NoError(t, s.enter(ctx, tx, 1))
			panic("mine")
		})
	})
	require.Equal(t, 1, attempts)
	s.requireIdle(t)
	require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0}, s.entries(t, 1))

	// While rows are open, and by runtime.Goexit, as a test's FailNow does it.
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.InTx(background(t), coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
			assert.NoError(t, s.enter(ctx, tx, 1))
			rows, err := tx.Query(on(ctx, s.dbs[0]), "select * from ledger")
			assert.NoError(t, err)
			assert.True(t, rows.Next())
			exit()
			return nil
		})
	}()
	mustReturn(t, func() { <-done })
	s.requireIdle(t)
	s.requireWorking(t, 2)
}

// The context ends in between two attempts: that is said, and the conflict is not lost.
func TestInTxEndsWithItsContextBetweenAttempts(t *testing.T) {
	s := open(t, "sp", nil)
	s.everywhere(t, createLedger)
	ctx, cancel := context.WithCancel(context.Background())
	attempts := 0
	begin := time.Now()
	err := s.InTx(ctx, coordinator.TxOptions{MaxAttempts: 1 << 30}, func(ctx context.Context, tx *coordinator.Tx) error {
		attempts++
		if attempts == 3 {
			cancel()
		}
		return &messages.Error{Code: messages.ErrTxConflict, Op: "a test"}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 3, attempts)
	require.Less(t, time.Since(begin), limit/10)
	s.requireIdle(t)
	ended, stop := context.WithCancel(context.Background())
	stop()
	err = s.InTx(ended, coordinator.TxOptions{}, func(context.Context, *coordinator.Tx) error {
		assert.Fail(t, "it is run although the context has ended")
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	requireTyped(t, err)
}
