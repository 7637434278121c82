package main

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

const (
	selectCustomer = "select id, name, description from customer where id = $1"
	pointSelects   = 2_000 // in a round
)

type queryRower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// BenchmarkPointSelectPostgreSQL reads single rows by primary key, one caller, one database: what coordinator and worker
// cost on top of a pgxpool. CPU is our process's; the server's is the same in both.
func BenchmarkPointSelectPostgreSQL(b *testing.B) {
	pools, t := postgresShards(b, 1, 10_000)
	choosing := spawnChoosing(b, pools[0].Config().ConnString())
	declared := spawnDeclared(b, pools[0].Config().ConnString())
	compare(b, pointSelects,
		variant{"pgxpool", func() (int, error) { return selectPoints(pools[0], context.Background()) }},
		variant{"troupe", func() (int, error) { return selectPoints(t, context.Background()) }},
		variant{"troupe-pinned", func() (int, error) {
			return selectPoints(t, coordinator.OnShard(context.Background(), "shard0"))
		}},
		variant{"troupe-tables", func() (int, error) { return selectPoints(declared, context.Background()) }},
		variant{"troupe-chooser", func() (int, error) { return selectPoints(choosing, context.Background()) }},
	)
}

// spawnChoosing returns a troupe whose execute chooser names the database of dsn, out of two.
func spawnChoosing(b *testing.B, dsn string) *coordinator.Troupe {
	return spawn(b, coordinator.Config{
		Shards: []shardworker.Shard{{ID: "shard0", DSN: shardworker.DSN(dsn)}, {ID: "shard1", DSN: "sqlite:?mode=memory"}},
		ExecuteChooser: func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
			return []messages.ShardID{"shard0"}, nil
		},
	})
}

// spawnDeclared returns a troupe whose declared tables narrow to the database of dsn, out of two.
func spawnDeclared(b *testing.B, dsn string) *coordinator.Troupe {
	return spawn(b, coordinator.Config{
		Shards: []shardworker.Shard{{ID: "shard0", DSN: shardworker.DSN(dsn)}, {ID: "shard1", DSN: shardworker.DSN(dsn + "&dbname=postgres")}},
		Tables: coordinator.Tables{
			"customer": {Key: "id", Route: coordinator.Range{{Below: 1_000_000, Shard: "shard0"}, {Shard: "shard1"}}},
		},
	})
}

// BenchmarkPointSelectSQLite is the same on one file, against database/sql on modernc's driver.
func BenchmarkPointSelectSQLite(b *testing.B) {
	dbs, t := sqliteShards(b, 1, 10_000)
	statement, err := dbs[0].Prepare(selectCustomer)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, statement.Close()) })
	compare(b, pointSelects,
		variant{"database-sql", func() (int, error) { return selectPrepared(statement) }},
		variant{"troupe", func() (int, error) { return selectPoints(t, context.Background()) }},
	)
}

func selectPoints(db queryRower, ctx context.Context) (n int, err error) {
	var id int64
	var name, description string
	for i := range pointSelects {
		if err := db.QueryRow(ctx, selectCustomer, int64(i)).Scan(&id, &name, &description); err != nil {
			return n, err
		}
		if id != int64(i) {
			return n, fmt.Errorf("got row %d, want %d", id, i)
		}
		n++
	}
	return n, nil
}

func selectPrepared(statement *sql.Stmt) (n int, err error) {
	var id int64
	var name, description string
	for i := range pointSelects {
		if err := statement.QueryRow(int64(i)).Scan(&id, &name, &description); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
