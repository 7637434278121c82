package backendtest

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// answer is all that a statement answered, read as the worker reads it: in batches of one description each.
type answer struct {
	declared *messages.Description
	rows     [][]any
	tag      pgconn.CommandTag
	err      error
}

// query runs sql to its end. The error is the first, wherever it showed.
func query(ctx context.Context, c shardworker.Conn, sql string, args ...any) answer {
	cur, err := c.Query(ctx, sql, args)
	if err != nil {
		return answer{err: err}
	}
	return read(cur)
}

// read reads the rest of cur and closes it.
func read(cur shardworker.Cursor) answer {
	a := answer{declared: cur.Declared()}
	r := reader{types: pgtype.NewMap()}
	for cur.Next() {
		r.append(cur)
	}
	a.tag, a.err = cur.Close()
	rows, err := r.decode()
	a.rows = rows
	if a.err == nil {
		a.err = err
	}
	return a
}

// reader collects batches, and what their bytes were when each row had just been appended.
type reader struct {
	types   *pgtype.Map
	batches []*messages.RowBatch
	fields  [][]pgconn.FieldDescription // of each batch, as they were at first
	shadows [][][]byte                  // of each row, in order
}

func (r *reader) append(cur shardworker.Cursor) {
	_ = cur.Buffered() // which may be asked at any time
	d := cur.Description()
	last := len(r.batches) - 1
	if last < 0 || r.batches[last].Description != d || r.batches[last].Len() > messages.MinBatchBytes {
		r.batches = append(r.batches, messages.NewRowBatch(d))
		r.fields = append(r.fields, slices.Clone(d.Fields))
		last++
	}
	b := r.batches[last]
	begin := b.Len()
	cur.Append(b)
	values := make([][]byte, len(d.Fields))
	b.ReadRow(begin, values)
	for i, v := range values {
		values[i] = bytes.Clone(v)
	}
	r.shadows = append(r.shadows, values)
}

// decode returns the rows of all batches, and complains of any that changed after it was appended.
func (r *reader) decode() ([][]any, error) {
	var rows [][]any
	for i, b := range r.batches {
		if !slices.Equal(r.fields[i], b.Description.Fields) {
			return rows, fmt.Errorf("the description of batch %d changed", i)
		}
		offset := 0
		for range b.Rows() {
			raw := make([][]byte, len(b.Description.Fields))
			offset = b.ReadRow(offset, raw)
			row, err := r.decodeRow(b.Description.Fields, raw, r.shadows[len(rows)])
			if err != nil {
				return rows, fmt.Errorf("row %d: %w", len(rows), err)
			}
			rows = append(rows, row)
		}
		if offset != b.Len() {
			return rows, fmt.Errorf("batch %d has %d bytes, its rows %d", i, b.Len(), offset)
		}
		b.Recycle(messages.DefaultBatchBytes)
	}
	return rows, nil
}

func (r *reader) decodeRow(fields []pgconn.FieldDescription, raw, shadow [][]byte) ([]any, error) {
	row := make([]any, len(raw))
	for i, f := range fields {
		if !bytes.Equal(raw[i], shadow[i]) || (raw[i] == nil) != (shadow[i] == nil) {
			return nil, fmt.Errorf("column %s changed after it was appended: %x to %x", f.Name, shadow[i], raw[i])
		}
		if raw[i] == nil {
			continue
		}
		typ, ok := r.types.TypeForOID(f.DataTypeOID)
		if !ok {
			return nil, fmt.Errorf("column %s: no type with OID %d", f.Name, f.DataTypeOID)
		}
		v, err := typ.Codec.DecodeValue(r.types, f.DataTypeOID, f.Format, raw[i])
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Name, err)
		}
		row[i] = v
	}
	return row, nil
}

// requireNumbers checks that a is the answer of Statements.Numbers for n.
func requireNumbers(t require.TestingT, a answer, n int) {
	require.NoError(t, a.err)
	require.NotNil(t, a.declared)
	require.Len(t, a.declared.Fields, 2)
	require.Equal(t, "n", a.declared.Fields[0].Name)
	require.Equal(t, "t", a.declared.Fields[1].Name)
	require.Len(t, a.rows, n)
	for i, row := range a.rows {
		// Not require.Equal for each value: it is slow, and there are many rows.
		if row[0] != int64(i+1) || row[1] != fmt.Sprintf("row %d", i+1) {
			require.Failf(t, "wrong row", "row %d is %v", i+1, row)
		}
	}
	require.True(t, a.tag.Select(), "tag %q", a.tag)
	require.Equal(t, int64(n), a.tag.RowsAffected(), "tag %q", a.tag)
}
