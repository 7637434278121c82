package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

const (
	shards       = 4
	rowsPerShard = 125_000
	allRows      = shards * rowsPerShard
)

const createCustomers = "create table customer (id bigint primary key, name varchar(255), description varchar(255))"

// postgresShards are databases of customers, with a plain pool and a troupe over the same ones.
func postgresShards(b *testing.B, n, rows int) ([]*pgxpool.Pool, *coordinator.Troupe) {
	b.Helper()
	ctx := context.Background()
	var pools []*pgxpool.Pool
	var cfg coordinator.Config
	for i := range n {
		db := pgtest.Shared(b)
		require.NoError(b, db.Exec(createCustomers))
		require.NoError(b, db.Exec(fmt.Sprintf(`insert into customer select i, 'customer name ' || i, 'customer description ' || i || repeat('.', 40)
			from generate_series(0, %d) i`, rows-1)))
		require.NoError(b, db.Exec("vacuum analyze customer"))
		pool, err := pgxpool.New(ctx, db.TCPDSN())
		require.NoError(b, err)
		b.Cleanup(pool.Close)
		pools = append(pools, pool)
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardID(i), DSN: shardworker.DSN(db.TCPDSN())})
	}
	return pools, spawn(b, cfg)
}

// sqliteShards are files of customers, with a database/sql pool and a troupe over the same ones.
func sqliteShards(b *testing.B, n, rows int) ([]*sql.DB, *coordinator.Troupe) {
	b.Helper()
	dir := b.TempDir()
	var dbs []*sql.DB
	var cfg coordinator.Config
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("shard%d.db", i))
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardID(i), DSN: shardworker.DSN("sqlite:" + path)})
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, db.Close()) })
		dbs = append(dbs, db)
		_, err = db.Exec(createCustomers)
		require.NoError(b, err)
		_, err = db.Exec(fmt.Sprintf(`with recursive n(i) as (select 0 union all select i+1 from n where i < %d)
			insert into customer select i, 'customer name ' || i, 'customer description ' || i || '........................................' from n`, rows-1))
		require.NoError(b, err)
	}
	return dbs, spawn(b, cfg)
}

func shardID(i int) messages.ShardID { return messages.ShardID(fmt.Sprintf("shard%d", i)) }

func spawn(b *testing.B, cfg coordinator.Config) *coordinator.Troupe {
	b.Helper()
	t, err := coordinator.Spawn(context.Background(), cfg)
	require.NoError(b, err)
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(b, t.Close(ctx))
	})
	return t
}
