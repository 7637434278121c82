package sqlite

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/shardworker"
)

// SQLite asks the progress handler once more when a statement has ended, every so many instructions: often enough for these numbers of
// statements, each of which is stopped at a moment when it is too late.

// interruptAtCommit is a commit hook: an Interrupt that comes when the commit can't be stopped any more.
func interruptAtCommit(_ *libc.TLS, db uintptr) int32 {
	c, _ := connections.Load(db)
	c.(*connection).mu.lease.Interrupt()
	return 0
}

// lateContext ends when it is looked at for the second time.
type lateContext struct {
	context.Context
	looks int
}

func (c *lateContext) Err() error {
	if c.looks++; c.looks == 1 {
		return nil
	}
	return context.Canceled
}

func TestStopThatComesTooLate(t *testing.T) {
	const runs = 1500
	insert := func(ctx context.Context) *shardworker.Shared {
		return &shardworker.Shared{Context: ctx, SQL: "insert into t values ($1)", Args: []any{1}}
	}
	interrupted := func(f func(l *lease) bool) func(*lease) bool {
		return func(l *lease) bool {
			sqlite3.Xsqlite3_commit_hook(l.c.tls, l.c.db, callback(interruptAtCommit), l.c.db)
			return f(l)
		}
	}
	for name, write := range map[string]func(l *lease) (kept bool){
		"alone": interrupted(func(l *lease) bool {
			_, err := l.Exec(t.Context(), "insert into t values ($1)", []any{1})
			return err == nil
		}),
		"rows": interrupted(func(l *lease) bool {
			rows, err := l.Query(t.Context(), "insert into t values ($1) returning a", []any{1})
			if err != nil {
				return false
			}
			_, err = rows.Close()
			return err == nil
		}),
		"commit of a batch": interrupted(func(l *lease) bool {
			m := insert(t.Context())
			l.RunBatch(t.Context(), []*shardworker.Shared{m})
			return !m.Outcome.Again && m.Outcome.Err == nil
		}),
		"member of a batch": func(l *lease) bool {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			m := insert(&lateContext{Context: ctx})
			l.RunBatch(t.Context(), []*shardworker.Shared{m})
			return !m.Outcome.Again && m.Outcome.Err == nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := New(Config{Mode: Memory})
			require.NoError(t, err)
			defer func() { require.NoError(t, b.Close(context.Background())) }()
			with := func(f func(l *lease)) {
				conn, err := b.Acquire(t.Context(), writer)
				require.NoError(t, err)
				defer conn.Release()
				f(conn.(*lease))
			}
			with(func(l *lease) { _, err = l.Exec(t.Context(), "create table t (a)", nil) })
			require.NoError(t, err)
			kept := 0
			for range runs {
				with(func(l *lease) {
					if write(l) {
						kept++
					}
				})
			}
			with(func(l *lease) {
				count, err := l.c.ask("select count(*) from t")
				require.Nil(t, err)
				require.EqualValues(t, kept, toInt(t, count), "what is there, and what was said to be")
			})
		})
	}
}

func toInt(t *testing.T, text string) int {
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}
