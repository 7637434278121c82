package backendtest

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func valuesRoundTrip(f *fixture) {
	for _, v := range f.Statements.Values {
		f.Run(v.Name, func(t *testing.T) {
			c := f.acquire(v.SQL, true)
			defer c.Release()
			for range 2 { // the second time, the statement may be prepared
				a := query(f.ctx, c, v.SQL, v.Args...)
				require.NoError(t, a.err)
				require.Len(t, a.rows, 1)
				require.Len(t, a.rows[0], 1)
				requireValue(t, v.Want, a.rows[0][0])
			}
		})
	}
}

func requireValue(t *testing.T, want, got any) {
	t.Helper()
	switch want := want.(type) {
	case time.Time:
		require.IsType(t, want, got)
		require.True(t, want.Equal(got.(time.Time)), "%v instead of %v", got, want)
	case float64:
		if math.IsNaN(want) {
			require.IsType(t, want, got)
			require.True(t, math.IsNaN(got.(float64)), "%v", got)
			return
		}
		require.Equal(t, want, got)
	default:
		require.Equal(t, want, got)
	}
}

func mixedTypes(f *fixture) {
	if f.Statements.Mixed == "" {
		f.Skip("a column has one type")
	}
	c := f.acquire(f.Statements.Mixed, true)
	defer c.Release()
	a := query(f.ctx, c, f.Statements.Mixed)
	require.NoError(f, a.err)
	require.Equal(f, [][]any{{int64(1)}, {"two"}, {nil}, {[]byte{3}}, {4.5}}, a.rows)
}

func zeroRows(f *fixture) {
	c := f.acquire(f.Statements.Numbers, true)
	defer c.Release()
	requireNumbers(f, query(f.ctx, c, f.Statements.Numbers, int64(0)), 0)
}

func zeroColumns(f *fixture) {
	if f.Statements.ThreeEmptyRows == "" {
		f.Skip("a row has at least one column")
	}
	c := f.acquire(f.Statements.ThreeEmptyRows, true)
	defer c.Release()
	a := query(f.ctx, c, f.Statements.ThreeEmptyRows)
	require.NoError(f, a.err)
	require.NotNil(f, a.declared)
	require.Empty(f, a.declared.Fields)
	require.Equal(f, [][]any{{}, {}, {}}, a.rows)
}

func wideRow(f *fixture) {
	c := f.acquire(f.Statements.Wide, true)
	defer c.Release()
	a := query(f.ctx, c, f.Statements.Wide)
	require.NoError(f, a.err)
	require.Len(f, a.rows, 1)
	require.Len(f, a.rows[0], f.Statements.WideColumns)
	for i, v := range a.rows[0] {
		require.EqualValues(f, i+1, v)
	}
}

func largeValue(f *fixture) {
	c := f.acquire(f.Statements.Large, true)
	defer c.Release()
	a := query(f.ctx, c, f.Statements.Large)
	require.NoError(f, a.err)
	require.Len(f, a.rows, 1)
	require.True(f, a.rows[0][0] == strings.Repeat("x", 1<<20), "1 MiB of x")
	f.usable(c)
}

func manyRows(f *fixture) {
	c := f.acquire(f.Statements.Numbers, true)
	defer c.Release()
	for _, n := range []int{1, 2, 1000, 50_000} {
		requireNumbers(f, query(f.ctx, c, f.Statements.Numbers, int64(n)), n)
	}
}

// fillIsNextAndAppend reads the same rows with and without Fill, if the cursors have it.
func fillIsNextAndAppend(f *fixture) {
	const rows = 20_000
	c := f.acquire(f.Statements.Numbers, true)
	defer c.Release()
	read := func(fill func(cur shardworker.Cursor, b *messages.RowBatch) bool) []string {
		cur, err := c.Query(f.ctx, f.Statements.Numbers, []any{int64(rows)})
		require.NoError(f, err)
		b := messages.NewRowBatch(cur.Description())
		for cur.Next() {
			cur.Append(b)
			if !fill(cur, b) {
				break
			}
		}
		_, err = cur.Close()
		require.NoError(f, err)
		require.Equal(f, rows, b.Rows())
		return rowsOf(b)
	}
	want := read(func(shardworker.Cursor, *messages.RowBatch) bool { return true })
	for _, limit := range []int{0, 1, 100, 10_000, 1 << 30} {
		got := read(func(cur shardworker.Cursor, b *messages.RowBatch) bool {
			filler, ok := cur.(shardworker.Filler)
			return !ok || filler.Fill(b, b.Len()+limit)
		})
		require.True(f, slices.Equal(want, got), "limit %d", limit)
	}
}

func descriptionIsImmutable(f *fixture) {
	c := f.acquire(f.Statements.Numbers, true)
	defer c.Release()
	var first *messages.Description
	var fields []pgconn.FieldDescription
	for range 3 {
		cur, err := c.Query(f.ctx, f.Statements.Numbers, []any{int64(10)})
		require.NoError(f, err)
		d := cur.Description()
		require.NotNil(f, d)
		if first == nil {
			first, fields = d, slices.Clone(d.Fields)
		}
		require.Empty(f, first.Difference(d))
		// Rows may have another description than was declared, but the same one for as long as their types stay.
		require.True(f, cur.Next())
		d = cur.Description()
		for cur.Next() {
			require.Same(f, d, cur.Description())
		}
		_, err = cur.Close()
		require.NoError(f, err)
	}
	require.True(f, first.SameFields(fields), "a description changed after it was returned")
}

// appendCopies relies on reader, which compares all batches at the end with what was appended. Here the conn is used
// again, and released, before that.
func appendCopies(f *fixture) {
	c := f.acquire(f.Statements.Numbers, true)
	cur, err := c.Query(f.ctx, f.Statements.Numbers, []any{int64(2000)})
	require.NoError(f, err)
	var batches []*messages.RowBatch
	var shadows []string
	for cur.Next() {
		b := messages.NewRowBatch(cur.Description())
		cur.Append(b)
		batches = append(batches, b)
		shadows = append(shadows, bytesOf(b))
	}
	_, err = cur.Close()
	require.NoError(f, err)
	f.usable(c)
	c.Release()
	f.allUsable(f.lane(f.Statements.Numbers, true))
	require.Len(f, batches, 2000)
	for i, b := range batches {
		require.Equal(f, 1, b.Rows())
		require.Equal(f, shadows[i], bytesOf(b), "row %d", i)
	}
}

// bytesOf returns what the only row of b holds.
func bytesOf(b *messages.RowBatch) string { return rowsOf(b)[0] }

func rowsOf(b *messages.RowBatch) []string {
	values := make([][]byte, len(b.Description.Fields))
	var rows []string
	for offset := 0; offset < b.Len(); {
		offset = b.ReadRow(offset, values)
		var text strings.Builder
		for _, v := range values {
			text.Write(v)
			text.WriteByte(0)
		}
		rows = append(rows, text.String())
	}
	return rows
}
