package backendtest

import (
	"errors"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func wrongArguments(f *fixture) {
	f.exec(f.Statements.Create)
	c := f.acquire(f.Statements.Insert, false)
	defer c.Release()
	for _, args := range [][]any{nil, {int64(1)}, {int64(1), "one", "more"}} {
		_, err := c.Exec(f.ctx, f.Statements.Insert, args)
		if args == nil && errors.Is(err, messages.ErrStatement) {
			f.requireTyped(err) // without arguments, the text may go to the database as it is
		} else {
			f.requireError(err, messages.ErrInvalidRequest)
		}
		f.usable(c)
		f.requireError(query(f.ctx, c, f.Statements.Insert, args...).err, messages.ErrInvalidRequest)
		f.usable(c)
	}
	_, err := c.Exec(f.ctx, f.Statements.Update, []any{int64(1)})
	f.requireError(err, messages.ErrInvalidRequest)
	f.usable(c)
	c.Release()
	f.requireRows(0)
}

func unencodableArgument(f *fixture) {
	f.exec(f.Statements.Create)
	c := f.acquire(f.Statements.Insert, false)
	defer c.Release()
	args := []any{int64(1), make(chan int)}
	_, err := c.Exec(f.ctx, f.Statements.Insert, args)
	f.requireError(err, messages.ErrInvalidRequest)
	f.usable(c)
	f.requireError(query(f.ctx, c, f.Statements.Insert, args...).err, messages.ErrInvalidRequest)
	f.usable(c)
}

func syntaxError(f *fixture) {
	c := f.acquire(f.Statements.SyntaxError, true)
	defer c.Release()
	f.requireError(query(f.ctx, c, f.Statements.SyntaxError).err, messages.ErrStatement)
	f.usable(c)
	_, err := c.Exec(f.ctx, f.Statements.SyntaxError, nil)
	f.requireError(err, messages.ErrStatement)
	f.usable(c)
}

func constraintViolation(f *fixture) {
	f.exec(f.Statements.Create)
	c := f.acquire(f.Statements.Insert, false)
	args := []any{int64(1), "twice"}
	_, err := c.Exec(f.ctx, f.Statements.Insert, args)
	require.NoError(f, err)
	_, err = c.Exec(f.ctx, f.Statements.Insert, args)
	f.requireError(err, messages.ErrStatement)
	f.usable(c)
	f.usable(c)
	f.requireError(query(f.ctx, c, f.Statements.InsertReturning, args...).err, messages.ErrStatement)
	f.usable(c)
	c.Release()
	f.requireRows(1)
}

func errorInRows(f *fixture) {
	c := f.acquire(f.Statements.ErrorInRows, true)
	defer c.Release()
	a := query(f.ctx, c, f.Statements.ErrorInRows)
	f.requireError(a.err, messages.ErrStatement)
	require.LessOrEqual(f, len(a.rows), 2)
	for i, row := range a.rows {
		require.EqualValues(f, i+1, row[0])
	}
	f.usable(c)
	_, err := c.Exec(f.ctx, f.Statements.ErrorInRows, nil)
	f.requireError(err, messages.ErrStatement)
	f.usable(c)
}

func unreachable(f *fixture) {
	if f.Unreachable == nil {
		f.Skip("no unreachable backend")
	}
	b := f.Unreachable(f.T)
	for lane := range b.Lanes() {
		_, err := b.Acquire(f.ctx, lane)
		f.requireError(err, messages.ErrUnavailable)
	}
	require.NoError(f, b.Close(f.ctx))
}
