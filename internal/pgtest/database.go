package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

const controlLimit = 20 * time.Second

// Database is one database of a cluster. Its methods connect anew each time and are for setting up and looking at it.
type Database struct {
	cluster *Cluster
	name    string
}

// Name returns the database's name.
func (d *Database) Name() string { return d.name }

// DSN returns how to connect through the Unix socket, as the superuser.
func (d *Database) DSN() string {
	return d.dsn(url.Values{"host": {d.cluster.sockets}, "port": {strconv.Itoa(d.port())}, "user": {"postgres"}}, "")
}

// TCPDSN returns how to connect through the loopback interface, as the superuser.
func (d *Database) TCPDSN() string {
	return d.dsn(url.Values{"sslmode": {"disable"}}, "postgres@127.0.0.1:"+strconv.Itoa(d.port()))
}

func (d *Database) dsn(query url.Values, authority string) string {
	return "postgres://" + authority + "/" + url.PathEscape(d.name) + "?" + query.Encode()
}

func (d *Database) port() int {
	d.cluster.mu.Lock()
	defer d.cluster.mu.Unlock()
	return d.cluster.mu.port
}

// Exec runs SQL, perhaps several statements.
func (d *Database) Exec(sql string) error {
	return d.connected(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, sql)
		return err
	})
}

// QueryInt runs a query that returns one integer.
func (d *Database) QueryInt(sql string, args ...any) (n int, err error) {
	err = d.connected(func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, sql, args...).Scan(&n)
	})
	return n, err
}

const otherBackends = `from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and datname = $1`

// Backends returns how many clients are connected to the database, without the connection that asks.
func (d *Database) Backends() (int, error) {
	return d.QueryInt(`select count(*) `+otherBackends, d.name)
}

// TerminateBackends ends all connections to the database, waits until they are gone and returns how many there were.
func (d *Database) TerminateBackends() (int, error) {
	return d.QueryInt(`select count(pg_terminate_backend(pid, 10000)) `+otherBackends, d.name)
}

// Drop ends all connections to the database and removes it.
func (d *Database) Drop() error {
	return d.cluster.Exec(fmt.Sprintf(`drop database if exists %s with (force)`, pgx.Identifier{d.name}.Sanitize()))
}

func (d *Database) connected(use func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), controlLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, d.DSN())
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := use(ctx, conn); err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	return nil
}
