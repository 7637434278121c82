package sqlite_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func copyInto(ctx context.Context, c shardworker.Conn, table string, columns []string, rows [][]any) (int64, error) {
	return c.(shardworker.Copier).CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
}

func mustExec(t *testing.T, c shardworker.Conn, sql string) {
	t.Helper()
	_, err := c.Exec(background(t), sql, nil)
	require.NoError(t, err)
}

// TestCopyOfWideRows: a statement has 32,766 parameters at the most.
func TestCopyOfWideRows(t *testing.T) {
	b, _ := openFile(t)
	c := lease(t, b, writer)
	defer c.Release()
	columns := make([]string, 2000)
	for i := range columns {
		columns[i] = fmt.Sprintf("c%d", i)
	}
	mustExec(t, c, "create table wide ("+strings.Join(columns, ", ")+")")
	var rows [][]any
	for n := range 40 {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = n*len(columns) + i
		}
		rows = append(rows, row)
	}
	n, err := copyInto(background(t), c, "wide", columns, rows)
	require.NoError(t, err)
	require.EqualValues(t, 40, n)
	tag, err := c.Exec(background(t), "delete from wide where c1999 = c0 + 1999 and c7 % 2000 = 7", nil)
	require.NoError(t, err)
	require.EqualValues(t, 40, tag.RowsAffected())
}

// TestCopyWhereTheTableRollsBack: a constraint may end the whole transaction, savepoint and all.
func TestCopyWhereTheTableRollsBack(t *testing.T) {
	b, _ := openFile(t)
	c := lease(t, b, writer)
	defer c.Release()
	mustExec(t, c, "create table strict_one (n integer unique on conflict rollback); create table other (n)")
	mustExec(t, c, "begin")
	mustExec(t, c, "insert into other values (1)")
	_, err := copyInto(background(t), c, "strict_one", []string{"n"}, [][]any{{1}, {2}, {1}})
	require.ErrorIs(t, err, messages.ErrStatement)
	require.Equal(t, byte('I'), c.(shardworker.TxConn).TxStatus())
	tag, err := c.Exec(background(t), "delete from other", nil)
	require.NoError(t, err)
	require.Zero(t, tag.RowsAffected())
	n, err := copyInto(background(t), c, "strict_one", []string{"n"}, [][]any{{1}, {2}})
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
}

func TestCopyWaitsForTheLock(t *testing.T) {
	b, file := openFile(t)
	mine := lease(t, b, writer)
	defer mine.Release()
	mustExec(t, mine, "create table t (n)")
	other := lease(t, open(t, sqlite.Config{Path: file}), writer)
	defer other.Release()
	mustExec(t, other, "begin immediate")
	ctx, cancel := context.WithTimeout(background(t), 30*time.Millisecond)
	defer cancel()
	_, err := copyInto(ctx, mine, "t", []string{"n"}, [][]any{{1}})
	require.ErrorIs(t, err, messages.ErrBusy)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	mustExec(t, other, "rollback")
	n, err := copyInto(background(t), mine, "t", []string{"n"}, [][]any{{1}})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func TestCopyRefusesWhatSQLiteWouldMistake(t *testing.T) {
	b, _ := openFile(t)
	c := lease(t, b, writer)
	defer c.Release()
	mustExec(t, c, "create table t (a, b)")
	_, err := copyInto(background(t), c, "t", []string{"a", "A"}, [][]any{{1, 2}})
	require.ErrorIs(t, err, messages.ErrInvalidRequest, "SQLite would take one of them")
	_, err = c.(shardworker.Copier).CopyFrom(background(t), pgx.Identifier{"x", "main", "t"}, []string{"a"}, pgx.CopyFromRows(nil))
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, err = copyInto(background(t), c, "t", []string{"a", "b"}, [][]any{{1, []int{2}}})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorContains(t, err, `row 1, column "b"`)
	reader := lease(t, b, readers)
	defer reader.Release()
	_, err = copyInto(background(t), reader, "t", []string{"a"}, [][]any{{1}})
	require.ErrorIs(t, err, messages.ErrUnwritable, "a reader doesn't write")
}
