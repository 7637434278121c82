package backendtest

import (
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// writer is a connection in use, that can say whether it is in a transaction.
type writer struct {
	*fixture
	shardworker.TxConn
}

// writer acquires a connection that may write.
func (f *fixture) writer() writer {
	f.Helper()
	c := f.acquire(f.Statements.Insert, false)
	tx, ok := c.(shardworker.TxConn)
	require.True(f, ok, "a %T is no shardworker.TxConn", c)
	return writer{f, tx}
}

// must runs statements that have to succeed.
func (w writer) must(sql string, args ...any) {
	w.Helper()
	_, err := w.TxConn.Exec(w.ctx, sql, args)
	require.NoError(w, err, sql)
}

// fails runs a statement that the database has to refuse.
func (w writer) fails(sql string, args ...any) {
	w.Helper()
	_, err := w.TxConn.Exec(w.ctx, sql, args)
	w.requireError(err, messages.ErrStatement)
}

func (w writer) requireStatus(want byte) {
	w.Helper()
	require.Equal(w, string(want), string(w.TxStatus()), "TxStatus")
}

// failed returns the status of a transaction in which a statement has failed.
func (f *fixture) failed() byte {
	if f.b.Dialect() == messages.PostgreSQL {
		return 'E'
	}
	return 'T'
}

// requireOwnRows checks how many rows the transaction sees.
func (w writer) requireOwnRows(want int64) {
	w.Helper()
	if w.Forgets {
		return
	}
	a := query(w.ctx, w.TxConn, w.Statements.Count)
	require.NoError(w, a.err)
	require.Equal(w, [][]any{{want}}, a.rows)
}

func savepoints(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	w := f.writer()
	w.must(s.Begin)
	w.must(s.Insert, int64(1), "before")
	w.must(s.Savepoint)
	w.must(s.Insert, int64(2), "undone")
	w.requireOwnRows(2)
	w.must(s.ToSavepoint)
	w.requireOwnRows(1)
	w.must(s.Insert, int64(2), "kept")
	w.must(s.ReleaseSavepoint)
	w.requireStatus('T')
	a := query(f.ctx, w.TxConn, s.InsertReturning, int64(3), "returned")
	require.NoError(f, a.err)
	require.Equal(f, [][]any{{int64(3)}}, a.rows)
	w.must(s.Commit)
	w.Release()
	f.requireRows(3)
}

func txStatus(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	w := f.writer()
	w.requireStatus('I')
	w.must(s.Insert, int64(1), "alone")
	w.fails(s.SyntaxError)
	w.requireStatus('I')
	for _, end := range []string{s.Commit, s.Rollback} {
		w.must(s.Begin)
		w.requireStatus('T')
		w.must(s.Savepoint)
		w.must(s.Update)
		f.usable(w)
		w.requireStatus('T')
		w.fails(s.SyntaxError)
		w.requireStatus(f.failed())
		w.must(s.ToSavepoint)
		w.requireStatus('T')
		f.usable(w)
		w.must(end)
		w.requireStatus('I')
	}
	w.must(s.Begin)
	w.fails(s.SyntaxError)
	w.must(s.Rollback)
	w.requireStatus('I')
	f.usable(w)
	w.Release()
	f.requireRows(1)
}

// failsAtCommit has a COMMIT refused. PostgreSQL's transaction is over then; SQLite's goes on, so that it can be mended.
func failsAtCommit(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	f.exec(s.CreateOwing)
	w := f.writer()
	w.must(s.Begin)
	w.must(s.Insert, int64(1), "one")
	w.must(s.Owe, int64(99))
	w.requireStatus('T')
	w.fails(s.Commit)
	if f.b.Dialect() == messages.SQLite {
		w.requireStatus('T')
		w.must(s.Rollback)
	}
	w.requireStatus('I')
	f.usable(w)
	w.Release()
	f.requireRows(0)
	f.exec(s.Insert, int64(1), "one")
	f.requireRows(1)
}

// besideCursor asks for more while a cursor is open, which has to be refused without a harm to the cursor.
func besideCursor(f *fixture) {
	if f.Strict {
		f.Skip("the backend panics, as it should")
	}
	s := f.Statements
	f.exec(s.Create)
	w := f.writer()
	for _, within := range []bool{false, true} {
		if within {
			w.must(s.Begin)
		}
		cur, err := w.Query(f.ctx, s.Numbers, []any{int64(300)})
		require.NoError(f, err)
		_, err = w.Exec(f.ctx, s.Insert, []any{int64(1), "beside"})
		f.requireError(err, messages.ErrInvalidRequest)
		_, err = w.Query(f.ctx, s.Numbers, []any{int64(3)})
		f.requireError(err, messages.ErrInvalidRequest)
		_, err = w.copyFrom(f.ctx, counting(1, 3))
		f.requireError(err, messages.ErrInvalidRequest)
		requireNumbers(f, read(cur), 300)
		f.usable(w)
	}
	w.requireStatus('T')
	w.must(s.Insert, int64(1), "after")
	w.must(s.Commit)
	w.Release()
	f.requireRows(1)
}

// releasedInAnyState leaves transactions as they may be left, and looks for what the next user finds.
func releasedInAnyState(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	lane := f.lane(s.Insert, false)
	for name, leave := range map[string]func(writer){
		"after a savepoint":   func(w writer) { w.must(s.Savepoint); w.must(s.Insert, int64(2), "two") },
		"failed":              func(w writer) { w.fails(s.SyntaxError) },
		"with an open cursor": func(w writer) { _, err := w.Query(f.ctx, s.Numbers, []any{int64(1e9)}); require.NoError(f, err) },
		"interrupted":         func(w writer) { w.Interrupt() },
	} {
		w := f.writer()
		w.must(s.Begin)
		w.must(s.Insert, int64(1), name)
		leave(w)
		f.requirePromptly("Release "+name, w.Release)
		f.requireRows(0)
		var nexts []writer
		for range f.b.Lanes()[lane] {
			next := f.writer()
			next.requireStatus('I')
			next.requireOwnRows(0)
			nexts = append(nexts, next)
		}
		for _, next := range nexts {
			next.Release()
		}
	}
	f.exec(s.Insert, int64(1), "finished")
	f.requireRows(1)
}
