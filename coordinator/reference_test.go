package coordinator_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/troupetest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// TestReferenceTablesAreChangedEverywhereOrNotAtAll: a statement that a single shard could run would leave the others behind.
func TestReferenceTablesAreChangedEverywhereOrNotAtAll(t *testing.T) {
	var shards []shardworker.Shard
	for _, id := range []messages.ShardID{"a", "b"} {
		shards = append(shards, shardworker.Shard{ID: id, Backend: fake.New(fake.Config{Dialect: messages.PostgreSQL})})
	}
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: shards, Tables: coordinator.Tables{
		"country": {Reference: true},
		"users":   {Key: "id", Type: coordinator.Integer, Route: coordinator.Hash{Buckets: coordinator.Buckets(4, "a", "b")}},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	for _, sql := range []string{
		"insert into country (code) values ('FR')",
		"update country set code = 'FR'",
		"delete from country",
		"insert into country (code) select 'FR'",
		"with c as (insert into country (code) values ('FR') returning code) select * from c",
		"with c as (delete from country returning code) select * from users where id = 1",
		"insert into country (code) select name from users where id = 1",
	} {
		ctx, touched := coordinator.WatchTouched(t.Context())
		_, err := troupe.Exec(ctx, sql)
		require.ErrorIs(t, err, messages.ErrRefused, sql)
		require.Empty(t, touched.Calls(), sql)
		troupetest.AssertRefused(t, err, statement.ReferenceChange)
	}
}

// TestTablesOfOtherSchemasAreOtherTables: only public and main go without saying.
func TestTablesOfOtherSchemasAreOtherTables(t *testing.T) {
	var shards []shardworker.Shard
	for _, id := range []messages.ShardID{"a", "b"} {
		f := fake.New(fake.Config{Dialect: messages.PostgreSQL})
		f.Reply("select", fake.Rows(fake.Column("n", 20)).Row(int64(1)))
		shards = append(shards, shardworker.Shard{ID: id, Backend: f})
	}
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: shards, Tables: coordinator.Tables{
		"users":    {Key: "id", Route: coordinator.Lookup{1: "a", 2: "b"}},
		"app.logs": {Key: "id", Route: coordinator.Lookup{1: "b", 2: "a"}},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	for table, want := range map[string][]messages.ShardID{"users": {"a"}, "public.users": {"a"}, "app.logs": {"b"}, "archive.users": nil, "logs": nil} {
		ctx, touched := coordinator.WatchTouched(t.Context())
		rows, err := troupe.Query(ctx, "select n from "+table+" where id = 1")
		rows.Close()
		if want == nil {
			troupetest.AssertRefused(t, err, statement.UndeclaredTable)
		} else {
			require.NoError(t, err, table)
		}
		troupetest.AssertTouched(t, touched, want...)
	}
}
