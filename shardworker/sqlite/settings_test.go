package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// requireDeadlineKept runs sql, which needs a lock that another backend holds.
func requireDeadlineKept(t *testing.T, c shardworker.Conn, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(background(t), 100*time.Millisecond)
	defer cancel()
	started := time.Now()
	_, err := c.Exec(ctx, sql, nil)
	require.ErrorIs(t, err, messages.ErrBusy, sql)
	require.ErrorIs(t, err, context.DeadlineExceeded, sql)
	require.Less(t, time.Since(started), 100*time.Millisecond+soon, sql)
}

// TestBusyTimeoutPragma: SQLite's own time-out doesn't take the place of the context's.
func TestBusyTimeoutPragma(t *testing.T) {
	const insert = "insert into t values (1)"
	t.Run("by OnConnect", func(t *testing.T) {
		b, _ := lockedFile(t, sqlite.Config{OnConnect: "pragma busy_timeout = 5000"})
		requireDeadlineKept(t, acquire(t, b, writer), insert)
	})
	t.Run("within OnConnect", func(t *testing.T) {
		holder, file := openFile(t)
		exec(t, holder, "create table t (a)")
		_, err := acquire(t, holder, writer).Exec(background(t), "begin immediate", nil)
		require.NoError(t, err)
		b := open(t, sqlite.Config{Path: file, OnConnect: "pragma busy_timeout = 5000; delete from t"})
		ctx, cancel := context.WithTimeout(background(t), 100*time.Millisecond)
		defer cancel()
		started := time.Now()
		_, err = b.Acquire(ctx, writer)
		require.ErrorIs(t, err, messages.ErrBusy)
		require.Less(t, time.Since(started), 100*time.Millisecond+soon)
	})
	for name, pragma := range map[string]string{
		"set": "pragma busy_timeout=5000", "called": "/* c */ PRAGMA main.busy_timeout ( 5000 );",
		"quoted": "pragma \"busy_timeout\"=5000", "explained": "explain query plan pragma busy_timeout=5000",
		"after a byte order mark": "\ufeffpragma busy_timeout=5000",
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := lockedFile(t, sqlite.Config{})
			c := acquire(t, b, writer)
			_, err := c.Exec(background(t), pragma, nil)
			require.NoError(t, err)
			requireDeadlineKept(t, c, insert)
			requireDeadlineKept(t, c, pragma+";"+insert)
			requireDeadlineKept(t, c, insert)
			queryOn(t, c, pragma) // from the cache now
			requireDeadlineKept(t, c, insert)
			c.Release()
			requireDeadlineKept(t, acquire(t, b, writer), insert)
		})
	}
}

// TestNextUserGetsACleanConnection: what a statement changes of its connection ends with the lease. Each is run by Exec
// and by Query, on a file and in memory.
func TestNextUserGetsACleanConnection(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.db")
	for _, test := range []struct {
		sql, ask string
		want     any
	}{
		{"pragma foreign_keys=0", "pragma foreign_keys", int64(1)},
		{"pragma foreign_keys(off)", "pragma foreign_keys", int64(1)},
		{"explain pragma foreign_keys=0", "pragma foreign_keys", int64(1)},
		{"pragma \"foreign_keys\" = table_info", "pragma foreign_keys", int64(1)},
		{"pragma query_only=1", "insert into t values (2) returning a", int64(2)},
		{"pragma main.synchronous=off", "pragma synchronous", int64(2)},
		{"pragma case_sensitive_like=1", "select 'a' like 'A'", int64(1)},
		{"attach database '" + other + "' as other", "select count(*) from pragma_database_list where name = 'other'", int64(0)},
		{"create temp table x (a)", "select count(*) from temp.sqlite_schema", int64(0)},
		{"create TEMPORARY view x as select 1", "select count(*) from temp.sqlite_schema", int64(0)},
		{"create table temp.x (a)", "select count(*) from temp.sqlite_schema", int64(0)},
		{"create table [Temp].x (a)", "select count(*) from temp.sqlite_schema", int64(0)},
		{"pragma user_version=7", "pragma user_version", int64(7)},
	} {
		for mode, b := range map[string]*sqlite.Backend{
			"file": open(t, sqlite.Config{Path: filepath.Join(t.TempDir(), "a.db")}), "memory": memory(t),
		} {
			exec(t, b, "create table t (a)")
			exec(t, b, "insert into t values (1)")
			for _, byQuery := range []bool{false, true} {
				c := acquire(t, b, writer)
				if byQuery {
					queryOn(t, c, test.sql)
				} else {
					_, err := c.Exec(background(t), test.sql, nil)
					require.NoError(t, err)
				}
				c.Release()
				next := acquire(t, b, writer)
				rows, _ := queryOn(t, next, test.ask)
				require.Equal(t, test.want, rows[0].values[0], "%s, %s", mode, test.sql)
				rows, _ = queryOn(t, next, "select min(a) from t")
				require.Equal(t, int64(1), rows[0].values[0], "the data survives")
				next.Release()
			}
		}
	}
}

// TestRefusedSecondStatementLeavesNothing: SQLite carries a PRAGMA out while it looks at it.
func TestRefusedSecondStatementLeavesNothing(t *testing.T) {
	b := memory(t)
	c := acquire(t, b, writer)
	_, err := c.Query(background(t), "select 1; pragma foreign_keys=0", nil)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	c.Release()
	require.Equal(t, int64(1), one(t, b, "pragma foreign_keys"))
}

// TestConnectionIsKept: a connection that nothing was changed of isn't opened again. A temporary table of OnConnect tells.
func TestConnectionIsKept(t *testing.T) {
	b := open(t, sqlite.Config{Mode: sqlite.Memory, OnConnect: "create temp table opened (a); pragma cache_size=-100"})
	exec(t, b, "insert into opened values (1)")
	for _, sql := range []string{
		"create table t (a)", "select 1", "pragma foreign_keys", "pragma table_info(t)", "pragma main . integrity_check",
		"drop table t", "explain create temp table x (a)", "begin", "insert into opened values (1)",
	} {
		c := acquire(t, b, writer)
		_, _ = c.Exec(background(t), sql, nil)
		c.Release()
		c = acquire(t, b, writer)
		rows, _ := queryOn(t, c, "select count(*) > 0 from opened")
		require.Equal(t, int64(1), rows[0].values[0], sql)
		c.Release()
	}
	exec(t, b, "pragma cache_size=-200")
	c := acquire(t, b, writer)
	rows, _ := queryOn(t, c, "select count(*) from opened")
	require.Equal(t, int64(0), rows[0].values[0], "and so would it tell if it were")
	rows, _ = queryOn(t, c, "pragma cache_size")
	require.Equal(t, int64(-100), rows[0].values[0], "OnConnect ran again")
}
