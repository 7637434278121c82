package txtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// blow is a way in which a step can go wrong.
type blow struct {
	name   string
	kinds  string // of databases that it can be dealt to
	before func(r *run, d *database) error
	after  func(r *run, d *database) error
	closes bool // the troupe is closed by it
	panics bool // so that nobody knows how far the statement came
}

// blows are all of them. What before returns is returned instead of sending, what after returns instead of the answer.
var blows = []blow{
	{
		name: "error", kinds: "ps",
		before: func(*run, *database) error {
			return &messages.Error{Code: messages.ErrUnavailable, Op: "exec", Detail: "struck"}
		},
		after: func(*run, *database) error {
			lost := &messages.Error{Code: messages.ErrShardLost, Op: "exec", Detail: "struck"}
			return &messages.Error{Code: messages.ErrOutcomeUnknown, Op: "exec", Err: lost}
		},
	},
	{
		name: "refusal", kinds: "ps",
		before: func(_ *run, d *database) error {
			if d.dialect == messages.SQLite {
				return &messages.Error{Code: messages.ErrBusy, Op: "exec", Detail: "struck"}
			}
			return &messages.Error{Code: messages.ErrStatement, Op: "exec", Err: &pgconn.PgError{Severity: "ERROR", Code: "23503", Message: "struck"}}
		},
	},
	{
		name: "panic", kinds: "ps", panics: true,
		before: func(*run, *database) error { panic("struck") }, after: func(*run, *database) error { panic("struck") },
	},
	{name: "terminate", kinds: "p", before: (*run).terminate, after: (*run).terminate},
	{name: "cut", kinds: "p", before: (*run).cut, after: (*run).cut},
	{name: "answer lost", kinds: "p", before: (*run).loseAnswer},
	{name: "cancel", kinds: "ps", before: (*run).cancelAll, after: (*run).cancelAll},
	{name: "cancel the call", kinds: "ps", before: (*run).cancelCall, after: (*run).cancelCall},
	{name: "deadline", kinds: "ps", before: (*run).ring, after: (*run).ring},
	{name: "close", kinds: "ps", before: (*run).closeTroupe, after: (*run).closeTroupe, closes: true},
}

// run is one transaction that is struck.
type run struct {
	*stage
	t      *testing.T
	number int64
	alarm  *alarm
	ctx    context.Context // of the transaction
	call   context.Context // of its calls
	cancel context.CancelFunc
	hangUp context.CancelFunc
	closed chan error // not nil once closeTroupe was called
	panics bool       // the blow does
	tx     *coordinator.Tx
}

func (r *run) terminate(d *database) error {
	d.terminate(r.t)
	return nil
}

func (r *run) cut(d *database) error {
	d.proxy.cut()
	return nil
}

// loseAnswer cuts the connection after what is sent next has reached the server.
func (r *run) loseAnswer(d *database) error {
	const settled = working + ` and wait_event is distinct from 'ClientRead'`
	const asked = `select count(*) from pg_stat_activity where datname = current_database() and application_name = '` + struck + `' and query_start > to_timestamp(%f)`
	d.proxy.hold()
	var since float64
	require.NoError(r.t, d.look.QueryRow("select extract(epoch from clock_timestamp())").Scan(&since))
	go func() {
		defer d.proxy.cut()
		eventually(r.t, func() bool { return d.number(r.t, asked, since) > 0 && d.number(r.t, settled) == 0 }, "nothing reached the server")
	}()
	return nil
}

func (r *run) cancelAll(*database) error {
	r.cancel()
	return nil
}

func (r *run) cancelCall(*database) error {
	r.hangUp()
	return nil
}

func (r *run) ring(*database) error {
	r.alarm.ring()
	return nil
}

// closeTroupe closes the troupe, and goes on when that has begun.
func (r *run) closeTroupe(d *database) error {
	r.closed = make(chan error, 1)
	go func() { r.closed <- r.Close(context.Background()) }()
	eventually(r.t, func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		_, err := r.Exec(on(ctx, d), "select 1")
		return errors.Is(err, messages.ErrClosed)
	}, "it goes on taking calls")
	return nil
}

// perform runs the transaction: a row on each shard, one more within a savepoint, and then the end. It returns the first
// error and whether that came from finish, and has rolled back unless it did.
func (r *run) perform(finish func(tx *coordinator.Tx) error) (finishing bool, err error) {
	tx, err := r.BeginAll(r.ctx, coordinator.TxOptions{})
	if err != nil {
		return false, err
	}
	r.tx = tx
	steps := func() error {
		if err := r.write(tx, "plain"); err != nil {
			return err
		}
		sp, err := tx.Begin(r.call)
		if err != nil {
			return err
		}
		if err := r.write(sp, "savepoint"); err != nil {
			return err
		}
		return sp.Commit(r.call)
	}
	if err := steps(); err != nil {
		rollback := tx.Rollback(background(r.t))
		if rollback != nil && !errors.Is(rollback, pgx.ErrTxClosed) {
			requireTyped(r.t, rollback)
		}
		return false, err
	}
	return true, finish(tx)
}

func (r *run) write(tx pgx.Tx, part string) error {
	for _, d := range r.dbs {
		if _, err := tx.Exec(on(r.call, d), "insert into ledger values ($1, $2)", r.number, part); err != nil {
			return err
		}
	}
	return nil
}

// judge holds what err says against the tables.
func (r *run) judge(err error, committing bool) {
	t := r.t
	r.requireIdle(t)
	there := r.entries(t, r.number)
	for id, n := range there {
		require.Contains(t, []int{0, 2}, n, "half of a transaction is on %s: %v", id, err)
	}
	var ce *coordinator.CommitError
	switch {
	case err == nil:
		for id, n := range there {
			require.Equal(t, 2, n, "success, but nothing is on %s", id)
		}
	case errors.As(err, &ce):
		require.True(t, committing, "a CommitError before the commit: %v", err)
		require.Equal(t, r.tx.ID(), ce.ID)
		r.judgeCommit(err, ce, there)
	case errors.Is(err, messages.ErrOutcomeUnknown) && committing:
		require.Fail(t, "an unknown outcome of a commit without a CommitError", "%v", err)
	default:
		requireTyped(t, err)
		for id, n := range there {
			require.Zero(t, n, "it failed, but is on %s: %v", id, err)
		}
	}
	if r.tx != nil {
		require.ErrorIs(t, r.tx.Commit(r.call), pgx.ErrTxClosed)
		require.ErrorIs(t, r.tx.Rollback(r.call), pgx.ErrTxClosed)
		_, err = r.tx.Exec(on(background(t), r.dbs[0]), "insert into ledger values ($1, $2)", r.number, "late")
		require.ErrorIs(t, err, pgx.ErrTxClosed)
	}
}

// judgeCommit checks that each shard is said to be what it is, and once.
func (r *run) judgeCommit(err error, ce *coordinator.CommitError, there map[messages.ShardID]int) {
	t := r.t
	said := map[messages.ShardID]string{}
	enter := func(what string, outcomes []coordinator.CommitOutcome) {
		for _, o := range outcomes {
			require.Empty(t, said[o.Shard], "%s is named twice: %v", o.Shard, err)
			said[o.Shard] = what
			if what == "committed" {
				require.NoError(t, o.Err)
				continue
			}
			e := requireTyped(t, o.Err)
			require.Equal(t, o.Shard, e.Shard, "%v", o.Err)
		}
	}
	enter("committed", ce.Committed)
	enter("failed", ce.Failed)
	enter("unknown", ce.Unknown)
	require.Len(t, said, len(r.dbs), "%v", err)
	for _, d := range r.dbs {
		switch said[d.id] {
		case "committed":
			require.Equal(t, 2, there[d.id], "%s is said to be committed and isn't: %v", d.id, err)
		case "failed":
			require.Zero(t, there[d.id], "%s is said to have failed and is committed: %v", d.id, err)
		case "unknown":
			asked := d.trap.reached("commit") > 0 || r.panics
			require.True(t, asked, "%s was never told to commit, so that its outcome is known: %v", d.id, err)
		}
	}
	unknown, partial := errors.Is(err, messages.ErrOutcomeUnknown), errors.Is(err, messages.ErrPartialCommit)
	require.Equal(t, len(ce.Unknown) > 0, unknown, "%v", err)
	if len(ce.Committed) > 0 && len(ce.Failed) > 0 {
		require.True(t, partial, "%v", err)
	}
	if len(ce.Committed) == 0 {
		require.False(t, partial, "%v", err)
	}
	if unknown || partial {
		require.False(t, messages.Conflict(err), "running it again would repeat what is there: %v", err)
	}
}

// requireTyped checks that err is one that callers can ask questions, and no bug by its own account.
func requireTyped(t require.TestingT, err error) *messages.Error {
	var e *messages.Error
	require.ErrorAs(t, err, &e)
	require.NotErrorIs(t, err, messages.ErrProtocol, "it says itself that it is a bug")
	return e
}
