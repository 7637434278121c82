package sqlite_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// partlyDamaged returns a database in which the table bad has a page of nonsense, and good hasn't.
func partlyDamaged(t *testing.T) *sqlite.Backend {
	t.Helper()
	file := t.TempDir() + "/a.db"
	b, err := sqlite.New(sqlite.Config{Path: file})
	require.NoError(t, err)
	exec(t, b, "create table good (a); create table bad (a)")
	root := one(t, b, "select rootpage from sqlite_schema where name = 'bad'").(int64)
	require.NoError(t, b.Close(t.Context()))
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	_, err = f.WriteAt([]byte("nonsense"), (root-1)*4096)
	require.NoError(t, err)
	return open(t, sqlite.Config{Path: file})
}

// TestDamageStaysAlone: SQLite refuses all further writes, and the COMMIT, of a transaction that has met damage.
func TestDamageStaysAlone(t *testing.T) {
	b := partlyDamaged(t)
	ctx := background(t)
	batch := []*shardworker.Shared{
		told(ctx, "insert into good values (1)"), told(ctx, "insert into bad values (1)"), told(ctx, "insert into good values (2)"),
	}
	runBatch(t, b, writer, batch...)
	require.NoError(t, batch[0].Outcome.Err)
	require.NoError(t, batch[2].Outcome.Err)
	require.True(t, batch[1].Outcome.Again)
	runAlone(t, b, batch[1])
	require.ErrorIs(t, batch[1].Outcome.Err, messages.ErrDamaged)
	require.Equal(t, int64(2), one(t, b, "select count(*) from good"))
}

// TestDamageInATransaction: the connection's next user can write, whatever its last one did.
func TestDamageInATransaction(t *testing.T) {
	for _, end := range []string{"commit", "rollback", ""} {
		b := partlyDamaged(t)
		c := lease(t, b, writer)
		mustExec(t, c, "begin immediate")
		mustExec(t, c, "insert into good values (2)")
		_, err := c.Exec(background(t), "insert into bad values (1)", nil)
		require.ErrorIs(t, err, messages.ErrDamaged)
		if _, err = c.Exec(background(t), end, nil); end == "commit" {
			require.ErrorIs(t, err, messages.ErrDamaged)
		} else {
			require.NoError(t, err)
		}
		c.Release()
		exec(t, b, "insert into good values (3)")
		require.Equal(t, int64(1), one(t, b, "select count(*) from good"))
	}
}

// TestReadsBesideDamage: reads that meet damage fail alone.
func TestReadsBesideDamage(t *testing.T) {
	b := partlyDamaged(t)
	ctx := background(t)
	batch := []*shardworker.Shared{
		asked(ctx, "select count(*) from good"), asked(ctx, "select a from bad"), asked(ctx, "select count(*) + 1 from good"),
	}
	for range 2 {
		runBatch(t, b, readers, batch...)
		require.Equal(t, [][]any{{int64(0)}}, sharedRows(t, batch[0]))
		require.ErrorIs(t, batch[1].Outcome.Err, messages.ErrDamaged)
		require.Equal(t, [][]any{{int64(1)}}, sharedRows(t, batch[2]))
	}
}
