package oracletest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Database is what is judged, and by what: [coordinator.Troupe] is one.
type Database interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Close(ctx context.Context) error
}

// Spawn makes a Database of a configuration. The default is [coordinator.Spawn].
type Spawn func(ctx context.Context, cfg coordinator.Config) (Database, error)

func spawnTroupe(ctx context.Context, cfg coordinator.Config) (Database, error) {
	return coordinator.Spawn(ctx, cfg)
}

// pinnedKey marks the contexts of calls that are pinned to a shard.
type pinnedKey struct{}

// Pinned reports whether ctx is that of a call that the oracle pins to one shard: to fill it or to look at it. A [Database]
// that tests put in a troupe's place has to pass these calls on.
func Pinned(ctx context.Context) bool { return ctx.Value(pinnedKey{}) != nil }

// databases are those over which one troupe plays, filled with the rows that belong there.
type databases struct {
	Database
	schema *schema
	shards []messages.ShardID
}

// location says where databases are to be had.
type location struct {
	dialect messages.Dialect
	// servers are the data source names of empty databases, in PostgreSQL: those that a troupe takes it keeps until it closes.
	servers []shardworker.DSN
}

var memories atomic.Int64 // so that each SQLite database has a name of its own

// open makes n databases and a troupe over them. With declared it is told of the tables.
func (l *location) open(ctx context.Context, spawn Spawn, s *schema, n int, declared bool) (*databases, error) {
	d := &databases{schema: s, shards: shardIDs(n)}
	cfg := coordinator.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for i, id := range d.shards {
		dsn := shardworker.DSN(fmt.Sprintf("sqlite::memory:oracle%d", memories.Add(1)))
		if l.dialect == messages.PostgreSQL {
			dsn = l.servers[i]
		}
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, DSN: dsn})
	}
	if l.dialect == messages.PostgreSQL {
		l.servers = l.servers[n:]
	}
	if declared {
		cfg.Tables = s.declarations(d.shards)
	}
	var err error
	if d.Database, err = spawn(ctx, cfg); err != nil {
		return nil, err
	}
	for i := range d.shards {
		if err := d.create(ctx, i); err != nil {
			return nil, errors.Join(err, d.close())
		}
	}
	return d, nil
}

func (d *databases) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return d.Close(ctx)
}

// at returns a context that pins calls to a shard.
func (d *databases) at(ctx context.Context, shard int) context.Context {
	return context.WithValue(coordinator.OnShard(ctx, d.shards[shard]), pinnedKey{}, true)
}

// create makes the tables of a shard, and fills them.
func (d *databases) create(ctx context.Context, shard int) error {
	var script []string
	if d.schema.dialect == messages.PostgreSQL {
		script = append(script, "drop schema if exists public cascade", "create schema public", createEnum())
	}
	for _, t := range d.schema.tables {
		script = append(script, t.create(d.schema.dialect))
		if fill := t.fill(d.schema.dialect, d.rowsOf(t, shard)); fill != "" {
			script = append(script, fill)
		}
	}
	_, err := d.Exec(d.at(ctx, shard), strings.Join(script, "; "))
	return err
}

// rowsOf returns the rows of a table that belong to a shard.
func (d *databases) rowsOf(t *table, shard int) [][]value {
	if t.reference() || len(d.shards) == 1 {
		return t.rows
	}
	var rows [][]value
	for _, row := range t.rows {
		if n, ok := t.family.place.shard(t.key(row), len(d.shards)); ok && n == shard {
			rows = append(rows, row)
		}
	}
	return rows
}

// refill gives a table on a shard its first rows back.
func (d *databases) refill(ctx context.Context, t *table, shard int) error {
	script := "delete from " + quoted(t.name)
	if fill := t.fill(d.schema.dialect, d.rowsOf(t, shard)); fill != "" {
		script += "; " + fill
	}
	_, err := d.Exec(d.at(ctx, shard), script)
	return err
}

// stored returns the expression for what a column has: SQLite's driver shows several texts as one time.
func stored(d messages.Dialect, c column) string {
	if d == messages.SQLite && (c.kind == date || c.kind == timestamp) {
		return "cast(" + quoted(c.name) + " as text)"
	}
	return quoted(c.name)
}

// dump returns all rows of a table on a shard, the key's columns first.
func (d *databases) dump(ctx context.Context, t *table, shard int) (*answer, error) {
	var columns []string
	for _, k := range t.keys {
		columns = append(columns, quoted(t.columns[k].name))
	}
	for i, c := range t.columns {
		if !t.isKey(i) {
			columns = append(columns, stored(d.schema.dialect, c))
		}
	}
	a := ask(d.at(ctx, shard), d, "select "+strings.Join(columns, ", ")+" from "+quoted(t.name), nil)
	return a, a.err
}
