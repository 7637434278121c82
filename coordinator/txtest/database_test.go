package txtest_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver that looks at PostgreSQL
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver that looks at SQLite

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// struck is how PostgreSQL knows the connections that are tested, and not those that look on.
const struck = "struck"

// database is one shard's database, with a connection of its own that looks at it past troupe.
type database struct {
	id      messages.ShardID
	dialect messages.Dialect
	look    *sql.DB
	proxy   *proxy // nil for SQLite
	dsn     string
	conns   int

	trap *trap // the backend of the troupe that has it open
}

// openDatabase makes an empty database: 'p' in PostgreSQL behind a proxy, 's' in an SQLite file. conns is how many
// connections of each kind troupe gets.
func openDatabase(t testing.TB, id messages.ShardID, kind rune, conns int) *database {
	t.Helper()
	d := &database{id: id, dialect: messages.SQLite, conns: conns}
	driver, source := "sqlite", ""
	if kind == 'p' {
		db := pgtest.Shared(t)
		d.dialect = messages.PostgreSQL
		d.proxy, d.dsn = behindProxy(t, db.TCPDSN())
		d.dsn += "&application_name=" + struck + "&pool_max_conns=" + strconv.Itoa(conns)
		driver, source = "pgx", db.DSN()+"&application_name=looking"
	} else {
		d.dsn = filepath.Join(t.TempDir(), string(id)+".db")
		source = "file:" + d.dsn + "?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(0)"
	}
	var err error
	d.look, err = sql.Open(driver, source)
	require.NoError(t, err)
	d.look.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, d.look.Close()) })
	require.NoError(t, d.look.Ping())
	return d
}

// shard opens the database for a troupe, which closes it.
func (d *database) shard(t require.TestingT) shardworker.Shard {
	var b shardworker.Backend
	var err error
	if d.dialect == messages.PostgreSQL {
		b, err = postgres.New(postgres.Config{DSN: d.dsn})
	} else {
		b, err = sqlite.New(sqlite.Config{Path: d.dsn, Readers: d.conns, Synchronous: "OFF"})
	}
	require.NoError(t, err)
	d.trap = &trap{Backend: b}
	return shardworker.Shard{ID: d.id, Backend: d.trap}
}

// exec runs SQL past troupe.
func (d *database) exec(t require.TestingT, sql string) {
	_, err := d.look.ExecContext(context.Background(), sql)
	require.NoError(t, err, "%s: %s", d.id, sql)
}

// number asks for one integer past troupe.
func (d *database) number(t require.TestingT, sql string, args ...any) (n int) {
	require.NoError(t, d.look.QueryRowContext(context.Background(), fmt.Sprintf(sql, args...)).Scan(&n), "%s: %s", d.id, sql)
	return n
}

const working = `select count(*) from pg_stat_activity where datname = current_database() and application_name = '` + struck + `' and state is distinct from 'idle'`

// requireIdle checks that nobody has a transaction open: neither idle in PostgreSQL nor locking SQLite's file. A server may
// take its time to notice a connection that is gone; a file must be free when troupe says that it is.
func (d *database) requireIdle(t require.TestingT) {
	if d.dialect == messages.PostgreSQL {
		eventually(t, func() bool { return d.number(t, working) == 0 }, "a backend of %s is in a transaction", d.id)
		require.Zero(t, d.number(t, "select count(*) from pg_prepared_xacts where database = current_database()"), d.id)
		return
	}
	require.True(t, d.free(), "%s is locked by somebody else", d.id)
}

// free reports whether another connection can lock a SQLite file for writing at once.
func (d *database) free() bool {
	conn, err := d.look.Conn(context.Background())
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	if _, err = conn.ExecContext(context.Background(), "begin immediate"); err != nil {
		return false
	}
	_, err = conn.ExecContext(context.Background(), "rollback")
	return err == nil
}

// terminate ends the backends that troupe uses, and waits until they are gone.
func (d *database) terminate(t require.TestingT) {
	d.number(t, `select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where datname = current_database() and application_name = '`+struck+`'`)
}
