package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

// answer is all rows of a statement, in copies, with the type of each value.
type answer struct {
	fields []pgconn.FieldDescription
	rows   [][][]byte
	oids   [][]uint32
}

func connectPostgreSQL(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), pgtest.Shared(t).DSN())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(context.Background())) })
	return conn
}

// ask returns the server's answer in binary form.
func ask(conn *pgx.Conn, sql string, args ...any) (answer, error) {
	var a answer
	rows, err := conn.Query(context.Background(), sql, args...)
	if err != nil {
		return a, err
	}
	defer rows.Close()
	a.fields = append(a.fields, rows.FieldDescriptions()...)
	for rows.Next() {
		a.add(rows.RawValues(), rows.FieldDescriptions())
	}
	return a, rows.Err()
}

func (a *answer) add(raw [][]byte, fields []pgconn.FieldDescription) {
	row, oids := make([][]byte, len(raw)), make([]uint32, len(raw))
	for i, v := range raw {
		oids[i] = fields[i].DataTypeOID
		if v != nil {
			row[i] = append([]byte{}, v...)
		}
	}
	a.rows, a.oids = append(a.rows, row), append(a.oids, oids)
}

func mustAsk(t require.TestingT, conn *pgx.Conn, sql string, args ...any) answer {
	a, err := ask(conn, sql, args...)
	require.NoError(t, err, sql)
	return a
}

// batches cuts the answer into batches of rows of the same types.
func (a *answer) batches(source, size int) []*messages.RowBatch {
	var all []*messages.RowBatch
	var b *messages.RowBatch
	for i, row := range a.rows {
		d := &messages.Description{Fields: append([]pgconn.FieldDescription{}, a.fields...)}
		for column, oid := range a.oids[i] {
			d.Fields[column].DataTypeOID = oid
		}
		if b == nil || b.Rows() >= size || !b.Description.SameFields(d.Fields) {
			b = batchOf(source, d)
			all = append(all, b)
		}
		b.AppendRow(row)
	}
	return all
}

// feedOf feeds the answers of several shards.
func feedOf(answers ...answer) *batchFeed {
	f := &batchFeed{}
	for source := range answers {
		f.batches = append(f.batches, answers[source].batches(source, 7))
	}
	return f
}

// answerOf reads all rows of a merger.
func answerOf(m Merger) (answer, error) {
	a := answer{fields: m.Description().Fields}
	for {
		at, err := m.Next(background)
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return a, err
		}
		a.add(at.Raw(), at.Description().Fields)
	}
}

// mergeGroups merges the answers of several shards.
func mergeGroups(dialect messages.Dialect, group *Group, o Options, shards ...answer) (answer, error) {
	if o.Declared == nil {
		o.Declared = &messages.Description{Fields: shards[0].fields}
	}
	o.Sources = len(shards)
	if o.Limit == 0 {
		o.Limit = -1
	}
	m, err := New(&Spec{Dialect: dialect, Group: group}, feedOf(shards...), o)
	if err != nil {
		return answer{}, err
	}
	return answerOf(m)
}

// requireSame compares types and bytes.
func requireSame(t require.TestingT, want, got answer, why ...any) {
	require.Equal(t, len(want.fields), len(got.fields))
	for i := range want.fields {
		w, g := want.fields[i], got.fields[i]
		require.Equal(t, []any{w.Name, w.DataTypeOID, w.DataTypeSize, w.TypeModifier, w.Format}, []any{g.Name, g.DataTypeOID, g.DataTypeSize, g.TypeModifier, g.Format}, why...)
	}
	want.unifyNaN()
	got.unifyNaN()
	require.Equal(t, want.rows, got.rows, why...)
}

// stateOf returns the SQLSTATE of an error, or what else it is.
func stateOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return fmt.Sprint(err)
}

// unifyNaN makes all NaN one: which bits the processor makes of inf - inf is its own affair.
func (a *answer) unifyNaN() {
	for i, row := range a.rows {
		for j, v := range row {
			if f, ok := readFloat(v); ok && isFloat(a.oids[i][j]) && math.IsNaN(f) {
				row[j] = appendFloat(nil, a.oids[i][j], f)
			}
		}
	}
}
