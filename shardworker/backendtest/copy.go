package backendtest

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var (
	copyTable   = pgx.Identifier{"conformance"}
	copyColumns = []string{"n", "t"}
)

// counting returns a source of n rows, from first on, that uses one slice for all of them.
func counting(first, n int64) pgx.CopyFromSource {
	row := make([]any, 2)
	return pgx.CopyFromFunc(func() ([]any, error) {
		if n == 0 {
			return nil, nil
		}
		row[0], row[1] = first, fmt.Sprintf("row %d", first)
		first, n = first+1, n-1
		return row, nil
	})
}

// upTo returns a source that does something in place of row n, counted from 1.
func upTo(n int64, then func() ([]any, error)) pgx.CopyFromSource {
	i := int64(0)
	return pgx.CopyFromFunc(func() ([]any, error) {
		if i++; i == n {
			return then()
		}
		return []any{i, fmt.Sprintf("row %d", i)}, nil
	})
}

// copyFrom copies from src into the table.
func (w writer) copyFrom(ctx context.Context, src pgx.CopyFromSource) (int64, error) {
	w.Helper()
	return w.copyInto(ctx, copyTable, copyColumns, src)
}

func (w writer) copyInto(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	w.Helper()
	copier, ok := w.TxConn.(shardworker.Copier)
	require.True(w, ok, "a %T is no shardworker.Copier", w.TxConn)
	return copier.CopyFrom(ctx, table, columns, src)
}

func (w writer) mustCopy(want int64, src pgx.CopyFromSource) {
	w.Helper()
	n, err := w.copyFrom(w.ctx, src)
	require.NoError(w, err)
	require.Equal(w, want, n)
}

func copyAlone(f *fixture) {
	f.exec(f.Statements.Create)
	w := f.writer()
	sum := int64(0)
	for _, n := range []int64{1, 2, 63, 64, 65, 1000} { // around what one statement may take
		w.mustCopy(n, counting(sum, n))
		w.requireStatus('I')
		sum += n
		w.requireOwnRows(sum)
	}
	f.usable(w)
	w.Release()
	f.requireRows(sum)
}

func copyInTransaction(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	w := f.writer()
	for i, end := range []string{s.Rollback, s.Commit} {
		w.must(s.Begin)
		w.must(s.Insert, int64(-1), "before")
		w.must(s.Savepoint)
		w.mustCopy(100, counting(1, 100))
		w.must(s.ToSavepoint)
		w.mustCopy(200, counting(1, 200))
		w.mustCopy(50, counting(1001, 50))
		w.requireStatus('T')
		w.must(s.Insert, int64(-2), "after")
		w.requireOwnRows(252)
		w.must(end)
		w.requireStatus('I')
		w.requireOwnRows(int64(252 * i))
	}
	w.Release()
	f.requireRows(252)
}

func copyNothing(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	w := f.writer()
	w.mustCopy(0, counting(1, 0))
	w.requireStatus('I')
	w.must(s.Begin)
	w.mustCopy(0, pgx.CopyFromRows(nil))
	w.requireStatus('T')
	w.must(s.Commit)
	f.usable(w)
	w.Release()
	f.requireRows(0)
}

func copyOddNames(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	f.exec(s.CreateOdd)
	w := f.writer()
	n, err := w.copyInto(f.ctx, s.OddTable, s.OddColumns, counting(1, 100))
	require.NoError(f, err)
	require.EqualValues(f, 100, n)
	n, err = w.copyInto(f.ctx, pgx.Identifier{s.Schema, "conformance"}, []string{"t", "n"}, pgx.CopyFromRows([][]any{{"one", int64(1)}}))
	require.NoError(f, err)
	require.EqualValues(f, 1, n)
	if !f.Forgets {
		a := query(f.ctx, w, s.OddCount)
		require.NoError(f, a.err)
		require.Equal(f, [][]any{{int64(100)}}, a.rows)
	}
	w.Release()
	f.requireRows(1)
}

func copyValues(f *fixture) {
	f.exec(f.Statements.Create)
	w := f.writer()
	seven, text := int32(7), oddText
	shared := []byte("overwritten")
	values := []any{math.MaxInt64, int64(math.MinInt64), &seven, uint8(3), int16(4)}
	texts := []any{oddText, &text, "", strings.Repeat("x", 300_000), largeText}
	i := -1
	w.mustCopy(5, pgx.CopyFromFunc(func() ([]any, error) {
		if i++; i == len(values) {
			return nil, nil
		}
		clear(shared)
		return []any{values[i], texts[i]}, nil
	}))
	if !f.Forgets {
		a := query(f.ctx, w, "select t from conformance where n in (3, 4, 7) order by n")
		require.NoError(f, a.err)
		require.Equal(f, [][]any{{texts[3]}, {largeText}, {""}}, a.rows)
	}
	w.Release()
	f.requireRows(5)
}

func copyInvalid(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	w := f.writer()
	const secret = "a-value-that-no-error-shows"
	one := func() pgx.CopyFromSource { return counting(1, 1) }
	badRow := func(n int64, values ...any) func() pgx.CopyFromSource {
		return func() pgx.CopyFromSource { return upTo(n, func() ([]any, error) { return values, nil }) }
	}
	for name, c := range map[string]struct {
		table   pgx.Identifier
		columns []string
		src     func() pgx.CopyFromSource
		code    messages.Code
		says    string
	}{
		"no source":             {copyTable, copyColumns, func() pgx.CopyFromSource { return nil }, messages.ErrInvalidRequest, "source"},
		"no table":              {nil, copyColumns, one, messages.ErrInvalidRequest, "table"},
		"no columns":            {copyTable, nil, one, messages.ErrInvalidRequest, "columns"},
		"empty name":            {pgx.Identifier{""}, copyColumns, one, messages.ErrInvalidRequest, "empty"},
		"NUL in a name":         {copyTable, []string{"n", "t\x00"}, one, messages.ErrInvalidRequest, "NUL"},
		"column twice":          {copyTable, []string{"n", "n"}, one, messages.ErrInvalidRequest, "twice"},
		"too few values":        {copyTable, copyColumns, badRow(3, int64(3)), messages.ErrInvalidRequest, "row 3"},
		"too many values":       {copyTable, copyColumns, badRow(70, 1, "2", secret), messages.ErrInvalidRequest, "row 70"},
		"value without meaning": {copyTable, copyColumns, badRow(66, make(chan int), secret), messages.ErrInvalidRequest, "row 66"},
		"value that panics":     {copyTable, copyColumns, badRow(2, int64(2), panics{}), messages.ErrPanic, "row 2"},
		"no such table":         {pgx.Identifier{"missing"}, copyColumns, one, messages.ErrStatement, "missing"},
		"no such column":        {copyTable, []string{"n", "missing"}, one, messages.ErrStatement, "missing"},
	} {
		if f.Forgets && (c.code != messages.ErrInvalidRequest || name == "value without meaning") {
			continue // it looks at nothing
		}
		for _, within := range []bool{false, true} {
			if within {
				w.must(s.Begin)
			}
			n, err := w.copyInto(f.ctx, c.table, c.columns, c.src())
			f.requireError(err, c.code)
			require.ErrorContains(f, err, c.says, name)
			require.NotContains(f, fmt.Sprintf("%v %+v", err, err), secret)
			require.Zero(f, n)
			if within {
				require.Contains(f, []byte{'T', 'E'}, w.TxStatus(), name)
				w.must(s.Rollback)
			}
			w.requireStatus('I')
			f.usable(w)
		}
	}
	w.Release()
	f.requireRows(0)
}

// panics is a value that can't be asked.
type panics struct{}

func (panics) Value() (driver.Value, error) { panic("the application's own panic") }

var errSource = errors.New("the application's own error")

func copyFailingSource(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	w := f.writer()
	for name, c := range map[string]struct {
		then func() ([]any, error)
		code messages.Code
	}{
		"error": {func() ([]any, error) { return nil, errSource }, messages.ErrInvalidRequest},
		"own error": {func() ([]any, error) {
			return nil, &messages.Error{Code: messages.ErrNoRoute, Op: "route", Err: errSource}
		}, messages.ErrNoRoute},
		"panic": {func() ([]any, error) { panic(errSource) }, messages.ErrPanic},
	} {
		for _, at := range []int64{1, 2, 65, 5000} {
			for _, within := range []bool{false, true} {
				if within {
					w.must(s.Begin)
				}
				_, err := w.copyFrom(f.ctx, upTo(at, c.then))
				f.requireError(err, c.code)
				require.ErrorContains(f, err, errSource.Error(), name)
				if c.code != messages.ErrPanic {
					require.ErrorIs(f, err, errSource, name)
				}
				if within {
					w.requireStatus(f.failed())
					w.must(s.Rollback)
				}
				w.requireStatus('I')
				w.requireOwnRows(0)
			}
		}
	}
	_, err := w.copyFrom(f.ctx, pgx.CopyFromSlice(3, func(i int) ([]any, error) { return nil, errSource }))
	require.ErrorIs(f, err, errSource)
	f.usable(w)
	w.Release()
	f.requireRows(0)
}

// copyViolation has a constraint fail early, late, and in a transaction that goes on from a savepoint.
func copyViolation(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	w := f.writer()
	for _, at := range []int64{2, 64, 65, 3000} {
		twice := func() pgx.CopyFromSource {
			return upTo(at, func() ([]any, error) { return []any{int64(1), "twice"}, nil })
		}
		_, err := w.copyFrom(f.ctx, &limited{twice(), 4000})
		f.requireError(err, messages.ErrStatement)
		require.NotContains(f, err.Error(), "twice")
		w.requireStatus('I')
		w.requireOwnRows(0)

		w.must(s.Begin)
		w.must(s.Insert, int64(-1), "before")
		w.must(s.Savepoint)
		_, err = w.copyFrom(f.ctx, &limited{twice(), 4000})
		f.requireError(err, messages.ErrStatement)
		w.requireStatus(f.failed())
		if f.b.Dialect() == messages.SQLite {
			w.requireOwnRows(1) // the transaction goes on as if there had been no copy
		}
		w.must(s.ToSavepoint)
		w.mustCopy(10, counting(1, 10))
		w.requireOwnRows(11)
		w.must(s.Rollback)
	}
	f.usable(w)
	w.Release()
	f.requireRows(0)
}

// limited is a source that ends after n rows.
type limited struct {
	pgx.CopyFromSource
	n int
}

func (l *limited) Next() bool {
	l.n--
	return l.n >= 0 && l.CopyFromSource.Next()
}

// endless returns a source that calls do at row n, and goes on for ever.
func endless(n int64, do func()) pgx.CopyFromSource {
	return upTo(n, func() ([]any, error) { do(); return []any{n, "at"}, nil })
}

func cancelCopy(f *fixture) {
	stopCopy(f, func(c writer, cancel func()) { cancel() }, context.Canceled)
}

func interruptCopy(f *fixture) { stopCopy(f, func(c writer, cancel func()) { c.Interrupt() }, nil) }

func stopCopy(f *fixture, stop func(writer, func()), cause error) {
	s := f.Statements
	f.exec(s.Create)
	for _, at := range []int64{1, 64, 5000} {
		for _, within := range []bool{false, true} {
			w := f.writer()
			if within {
				w.must(s.Begin)
				w.must(s.Insert, int64(-1), "before")
			}
			ctx, cancel := context.WithCancel(f.ctx)
			var began time.Time
			_, err := w.copyFrom(ctx, endless(at, func() { began = time.Now(); stop(w, cancel) }))
			took := time.Since(began)
			f.Logf("the copy ended %v after it was stopped: %v", took, err)
			require.Less(f, took, promptly)
			f.requireError(err, messages.ErrCanceled)
			if cause != nil {
				require.ErrorIs(f, err, cause)
			}
			cancel()
			f.requirePromptly("Release", w.Release)
			f.requireRows(0)
		}
	}
	// A source that ends because its context has is no complete one.
	w := f.writer()
	ctx, cancel := context.WithCancel(f.ctx)
	_, err := w.copyFrom(ctx, upTo(10, func() ([]any, error) { cancel(); return nil, nil }))
	f.requireError(err, messages.ErrCanceled)
	w.Release()
	f.requireRows(0)
	f.allUsable(f.lane(s.Insert, false))
}

// copyBounded copies many rows and some large ones, and looks at the heap while it does.
func copyBounded(f *fixture) {
	f.exec(f.Statements.Create)
	w := f.writer()
	const rows, every = 60_000, 10_000
	large := strings.Repeat("x", 1<<20)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	most := int64(0)
	i := int64(0)
	w.mustCopy(rows, pgx.CopyFromFunc(func() ([]any, error) {
		if i++; i > rows {
			return nil, nil
		}
		if i%every == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, int64(now.HeapAlloc)-int64(before.HeapAlloc))
		}
		if i%(every/10) < 2 {
			return []any{i, large}, nil
		}
		return []any{i, "a text of a usual length, of which there are many"}, nil
	}))
	f.Logf("the heap grew by %d KiB at the most", most>>10)
	require.Less(f, most, int64(24<<20))
	w.Release()
	f.requireRows(rows)
}
