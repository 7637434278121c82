package fake_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestCopiesAreScripted(t *testing.T) {
	b := fake.New(fake.Config{})
	c := acquire(t, b).(interface {
		shardworker.Copier
		shardworker.TxConn
	})
	rows := func() pgx.CopyFromSource { return pgx.CopyFromRows([][]any{{1}, {2}, {3}}) }
	_, err := c.CopyFrom(t.Context(), pgx.Identifier{"s", "t"}, []string{"a"}, rows())
	require.ErrorIs(t, err, messages.ErrStatement, "nothing is scripted")

	var taken []any
	b.HandleCopy("", fake.Copy{})
	b.HandleCopy("s.t", fake.Copy{Take: func(row []any) error {
		taken = append(taken, row[0])
		return nil
	}})
	n, err := c.CopyFrom(t.Context(), pgx.Identifier{"s", "t"}, []string{"a"}, rows())
	require.NoError(t, err)
	require.EqualValues(t, 3, n)
	require.Equal(t, []any{1, 2, 3}, taken)
	n, err = c.CopyFrom(t.Context(), pgx.Identifier{"other"}, []string{"a"}, rows())
	require.NoError(t, err)
	require.EqualValues(t, 3, n)

	b.HandleCopy("other", fake.Copy{Steps: fake.Tag("").At(fake.AtRow(2), fake.Fail(errors.New("full")))})
	b.Reply("begin", fake.Tag("BEGIN"))
	b.Reply("rollback", fake.Tag("ROLLBACK"))
	_, err = c.Exec(t.Context(), "begin", nil)
	require.NoError(t, err)
	_, err = c.CopyFrom(t.Context(), pgx.Identifier{"other"}, []string{"a"}, rows())
	require.ErrorIs(t, err, messages.ErrStatement)
	require.Equal(t, byte('E'), c.TxStatus())
	_, err = c.Exec(t.Context(), "rollback to savepoint s", nil)
	require.NoError(t, err)
	require.Equal(t, byte('T'), c.TxStatus())
	_, err = c.Exec(t.Context(), "rollback", nil)
	require.NoError(t, err)
	require.Equal(t, byte('I'), c.TxStatus())

	b.HandleCopy("other", fake.Copy{Steps: fake.Tag("").At(fake.AtCursorClose, fake.Fail(&messages.Error{Code: messages.ErrShardLost}))})
	_, err = c.CopyFrom(t.Context(), pgx.Identifier{"other"}, []string{"a"}, rows())
	require.ErrorIs(t, err, messages.ErrShardLost)
	c.Release()
	require.Equal(t, 1, b.Stats().Spent)
	var counts []int64
	for _, copied := range b.Copies() {
		counts = append(counts, copied.Rows)
	}
	require.Equal(t, []int64{0, 3, 3, 2, 3}, counts)
}
