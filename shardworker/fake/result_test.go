package fake_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestRowsAreEncodedAsPostgreSQLDoes(t *testing.T) {
	b := fake.New(fake.Config{})
	b.Reply("select", fake.Rows(
		fake.Column("n", pgtype.Int4OID), fake.Column("s", pgtype.TextOID), fake.Column("b", pgtype.ByteaOID),
	).Row(1, "", nil).Row(nil, "ü", []byte{}).Row(fake.Raw{0, 0, 1, 0}, nil, []byte{0}))
	c := acquire(t, b)
	defer c.Release()

	rows, tag, err := read(t, query(t, c, "select 1"))
	require.NoError(t, err)
	require.Equal(t, "SELECT 3", tag.String())
	require.Equal(t, [][]any{{int32(1), "", nil}, {nil, "ü", []byte{}}, {int32(256), nil, []byte{0}}}, rows)
}

func TestLongestBeginningAnswers(t *testing.T) {
	b := fake.New(fake.Config{})
	for _, sql := range []string{"", "select", "select a"} {
		b.Reply(sql, fake.Tag("answer of "+sql))
	}
	c := acquire(t, b)
	defer c.Release()
	for sql, want := range map[string]string{
		"delete": "answer of ", "select b": "answer of select", "select a": "answer of select a", "select ab": "answer of select a",
	} {
		tag, err := c.Exec(t.Context(), sql, nil)
		require.NoError(t, err)
		require.Equal(t, want, tag.String())
	}
}

func TestNoHandlerIsAnError(t *testing.T) {
	b := fake.New(fake.Config{})
	c := acquire(t, b)
	_, err := c.Query(t.Context(), "select 1", nil)
	require.ErrorIs(t, err, messages.ErrStatement)
	require.ErrorContains(t, err, "select 1")
	c.Release()
	require.Zero(t, b.Stats().Spent)
}

func TestHandlerSeesArgumentsAndLogKeepsThem(t *testing.T) {
	b := fake.New(fake.Config{})
	b.Handle("select", func(_ context.Context, args []any) fake.Result { return count(args[0].(int)) })
	c := acquire(t, b)
	rows, _, err := read(t, query(t, c, "select $1", 2))
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(0)}, {int64(1)}}, rows)
	_, err = c.Exec(t.Context(), "select $1", []any{0})
	require.NoError(t, err)
	c.Release()
	require.Equal(t, []fake.Statement{
		{SQL: "select $1", Args: []any{2}, WantRows: true, Session: 1},
		{SQL: "select $1", Args: []any{0}, Session: 1},
	}, b.Statements())
}

func TestRedescribe(t *testing.T) {
	b := fake.New(fake.Config{})
	b.Reply("select", fake.Rows(fake.Column("n", pgtype.Int8OID)).Row(1).Row(2).Row("three").
		Redescribe(2, fake.Column("n", pgtype.TextOID)))
	c := acquire(t, b)
	defer c.Release()
	cur := query(t, c, "select")
	first := cur.Description()
	require.True(t, cur.Next())
	require.True(t, cur.Next())
	require.Same(t, first, cur.Description())
	require.True(t, cur.Next())
	require.NotSame(t, first, cur.Description())
	require.Equal(t, uint32(pgtype.TextOID), cur.Description().Fields[0].DataTypeOID)
	require.Equal(t, uint32(pgtype.Int8OID), first.Fields[0].DataTypeOID)
	_, err := cur.Close()
	require.NoError(t, err)
}

func TestResultsAreValues(t *testing.T) {
	base := numbers.Row(1)
	more := base.Row(2).At(fake.AtQuery, fake.Fail(context.DeadlineExceeded)).EachRow(fake.Panic("no")).WithTag("X")
	_ = more
	b := fake.New(fake.Config{})
	b.Reply("select", base)
	c := acquire(t, b)
	defer c.Release()
	rows, tag, err := read(t, query(t, c, "select"))
	require.NoError(t, err)
	require.Equal(t, "SELECT 1", tag.String())
	require.Len(t, rows, 1)
}
