package backendtest

import (
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker"
)

func abandonedCursor(f *fixture) {
	lane := f.lane(f.Statements.Numbers, true)
	for range 5 {
		c, cur := f.openCursor(lane)
		f.requirePromptly("Close", func() {
			tag, err := cur.Close()
			again, errAgain := cur.Close()
			require.Equal(f, tag, again)
			require.Equal(f, err, errAgain)
		})
		f.requirePromptly("Release", c.Release)
	}
	f.allUsable(lane)
}

// openCursor returns a cursor that is far from its end.
func (f *fixture) openCursor(lane int) (shardworker.Conn, shardworker.Cursor) {
	f.Helper()
	c, err := f.b.Acquire(f.ctx, lane)
	require.NoError(f, err)
	cur, err := c.Query(f.ctx, f.Statements.Numbers, []any{int64(1e9)})
	require.NoError(f, err)
	for range 10 {
		require.True(f, cur.Next())
	}
	return c, cur
}

func closeCursorTwice(f *fixture) {
	c := f.acquire(f.Statements.Numbers, true)
	defer c.Release()
	for _, sql := range []string{f.Statements.Numbers, f.Statements.ErrorInRows} {
		var args []any
		if sql == f.Statements.Numbers {
			args = []any{int64(3)}
		}
		cur, err := c.Query(f.ctx, sql, args)
		if err != nil {
			continue // the error came early
		}
		for cur.Next() {
		}
		require.False(f, cur.Next())
		tag, err := cur.Close()
		require.Equal(f, sql == f.Statements.ErrorInRows, err != nil)
		require.False(f, cur.Next())
		for range 2 {
			again, errAgain := cur.Close()
			require.Equal(f, tag, again)
			require.Equal(f, err, errAgain)
		}
		f.usable(c)
	}
}

func releaseTwice(f *fixture) {
	lane := f.lane(f.Statements.Numbers, true)
	for range 3 {
		c, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		c.Release()
		c.Release()
		next, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		cur, err := next.Query(f.ctx, f.Statements.Numbers, []any{int64(3)})
		require.NoError(f, err)
		c.Release()
		requireNumbers(f, read(cur), 3)
		next.Release()
	}
	f.allUsable(lane)
}

func releaseWithOpenCursor(f *fixture) {
	lane := f.lane(f.Statements.Numbers, true)
	for range f.b.Lanes()[lane] + 1 {
		c, _ := f.openCursor(lane)
		f.requirePromptly("Release", c.Release)
	}
	f.allUsable(lane)
}

// releaseInTransaction leaves a transaction open, whose effects and locks must both be gone for the next user.
func releaseInTransaction(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	lane := f.lane(s.Insert, false)
	for i := range f.b.Lanes()[lane] + 1 {
		c, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		_, err = c.Exec(f.ctx, s.Begin, nil)
		require.NoError(f, err)
		_, err = c.Exec(f.ctx, s.Insert, []any{int64(1), "unfinished"})
		require.NoError(f, err)
		if i == 0 { // an error within a transaction doesn't end it
			_, err = c.Exec(f.ctx, s.SyntaxError, nil)
			f.requireTyped(err)
		}
		f.requirePromptly("Release", c.Release)
		f.requireRows(0)
	}
	f.exec(s.Insert, int64(1), "finished")
	f.requireRows(1)
	f.allUsable(lane)
}

func transactions(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	for i, end := range []string{s.Rollback, s.Commit} {
		c := f.acquire(s.Insert, false)
		for _, sql := range []string{s.Begin, s.Fill, end} {
			_, err := c.Exec(f.ctx, sql, nil)
			require.NoError(f, err)
		}
		f.usable(c)
		c.Release()
		f.requireRows(int64(10 * i))
	}
}
