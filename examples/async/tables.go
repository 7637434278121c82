package main

import (
	"context"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
)

// streamRows is the table of the stream. PostgreSQL isn't to read it with several processes at once, because streamSlowly wants its
// rows in order.
var streamRows = map[messages.Dialect]string{
	messages.SQLite:     `create table stream_rows (n integer primary key, payload text not null)`,
	messages.PostgreSQL: `create table stream_rows (n bigint primary key, payload text not null) with (parallel_workers = 0)`,
}

// createTables makes the tables on every shard.
func (e *example) createTables(ctx context.Context) error {
	if _, err := e.Troupe.Exec(coordinator.AllShards(ctx), `drop table if exists stream_rows`); err != nil {
		return err
	}
	for _, id := range weather.Shards {
		dialect, err := e.Dialect(id)
		if err != nil {
			return err
		}
		if _, err := e.Troupe.Exec(coordinator.OnShard(ctx, id), streamRows[dialect]); err != nil {
			return err
		}
	}
	return weather.CreateTables(ctx, e.Stage)
}
