package main

import (
	"context"
	"log/slog"
	"net/url"
	"path/filepath"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// The shards.
const (
	northAmerica messages.ShardID = "north_america"
	asia         messages.ShardID = "asia"
	europe       messages.ShardID = "europe"
	southAmerica messages.ShardID = "south_america"
)

var shards = []messages.ShardID{northAmerica, asia, europe, southAmerica}

// What a shard may be ahead of the reader: so many batches of that size. There are defaults, and streamSlowly needs the
// numbers because it shows that they bound the memory.
const (
	window     = 4
	batchBytes = 64 << 10
)

// open opens the shards: those of -dsn where it says, the others as files in dir.
func open(ctx context.Context, o options, dir string, log *slog.Logger) (*coordinator.Troupe, error) {
	cfg := coordinator.Config{
		ShardChooser:    chooseShard,
		IdentityChooser: chooseForKey,
		ExecuteChooser:  chooseForStatement,
		Logger:          log,
		Window:          window,
		BatchBytes:      batchBytes,
	}
	if o.echo {
		cfg.Echo = log
	}
	for _, id := range shards {
		dsn, ok := o.dsns[id]
		if !ok {
			path := filepath.Join(dir, string(id)+".db")
			dsn = shardworker.DSN("sqlite:" + url.PathEscape(path)) // the directory's name may have a "?" or "%"
		}
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, DSN: dsn})
	}
	return coordinator.Spawn(ctx, cfg)
}

func (e *example) showShards(context.Context) error {
	for _, id := range shards {
		dialect, err := e.dialect(id)
		if err != nil {
			return err
		}
		e.engines = append(e.engines, dialect.String())
		e.printf("shard %-14s %v\n", id, dialect)
	}
	return nil
}

func (e *example) dialect(id messages.ShardID) (messages.Dialect, error) {
	backend, err := e.troupe.Shard(id)
	if err != nil {
		return 0, err
	}
	return backend.Dialect(), nil
}

// createTables makes the tables on every shard. Most DDL is understood by both engines, and troupe describes SQLite's
// columns by their declared types as PostgreSQL does, so that rows of both can be gathered: bigint, text, double
// precision, timestamptz.
func (e *example) createTables(ctx context.Context) error {
	everywhere := coordinator.AllShards(ctx)
	for _, ddl := range []string{
		`drop table if exists weather_reports`,
		`drop table if exists weather_locations`,
		`drop table if exists stream_rows`,
		`create table weather_locations (id bigint primary key, continent text not null, city text not null)`,
	} {
		if _, err := e.troupe.Exec(everywhere, ddl); err != nil {
			return err
		}
	}
	for _, id := range shards {
		dialect, err := e.dialect(id)
		if err != nil {
			return err
		}
		for _, ddl := range ownDDL[dialect] {
			if _, err := e.troupe.Exec(coordinator.OnShard(ctx, id), ddl); err != nil {
				return err
			}
		}
	}
	return e.createIDs(ctx)
}

// ownDDL is what each engine says in its own way: a key that the database assigns, and, for the stream, a table that
// PostgreSQL doesn't read with several processes at once, because streamSlowly wants its rows in order.
var ownDDL = map[messages.Dialect][]string{
	messages.SQLite: {
		`create table weather_reports (id integer primary key,
			location_id bigint not null references weather_locations (id),
			temperature double precision not null, report_time timestamptz not null)`,
		`create table stream_rows (n integer primary key, payload text not null)`,
	},
	messages.PostgreSQL: {
		`create table weather_reports (id bigint generated always as identity primary key,
			location_id bigint not null references weather_locations (id),
			temperature double precision not null, report_time timestamptz not null)`,
		`create table stream_rows (n bigint primary key, payload text not null) with (parallel_workers = 0)`,
	},
}
