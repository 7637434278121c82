package coordinator_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// typed is a fake whose descriptions have registered types, as a PostgreSQL shard with an enum has.
type typed struct {
	*fake.Backend
	types []*pgtype.Type
}

type typedConn struct {
	shardworker.Conn
	types []*pgtype.Type
}

type typedCursor struct {
	shardworker.Cursor
	described *messages.Description
}

func (b typed) Acquire(ctx context.Context, lane int) (shardworker.Conn, error) {
	conn, err := b.Backend.Acquire(ctx, lane)
	return typedConn{conn, b.types}, err
}

func (c typedConn) Query(ctx context.Context, sql string, args []any) (shardworker.Cursor, error) {
	cursor, err := c.Conn.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return typedCursor{cursor, &messages.Description{Fields: cursor.Description().Fields, Types: c.types}}, nil
}

func (c typedCursor) Description() *messages.Description { return c.described }

func (c typedCursor) Declared() *messages.Description { return c.described }

func (c typedCursor) Append(b *messages.RowBatch) {
	b.Description = c.Cursor.Description()
	c.Cursor.Append(b)
	b.Description = c.described
}

// upper is a codec that shows by whose types a value was decoded.
type upper struct {
	pgtype.TextCodec
	prefix string
}

func (u upper) DecodeValue(m *pgtype.Map, oid uint32, format int16, raw []byte) (any, error) {
	v, err := u.TextCodec.DecodeValue(m, oid, format, raw)
	return u.prefix + v.(string), err
}

func TestRowsAreDecodedWithTheirOwnShardsTypes(t *testing.T) {
	const n = 500
	cfg := coordinator.Config{BatchBytes: 256}
	want := map[messages.ShardID]string{}
	for i, id := range []messages.ShardID{"s0", "s1", "s2"} {
		oid := uint32(20_000 + 1000*i)
		f := fake.New(fake.Config{Dialect: messages.SQLite})
		f.Reply("select", fake.Rows(fake.Column("m", oid)).Generate(n, func(int) []any { return []any{fake.Raw("sad")} }))
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: typed{f, []*pgtype.Type{
			{Name: "mood", OID: oid, Codec: upper{prefix: string(id) + ":"}},
			{Name: "other", OID: 20_000 + 1000*uint32((i+1)%3), Codec: upper{prefix: "another's:"}},
		}}})
		want[id] = string(id) + ":sad"
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, troupe.Close(context.Background())) }()
	rows, err := troupe.Query(coordinator.AllShards(t.Context()), "select m from t")
	require.NoError(t, err)
	seen := map[messages.ShardID]int{}
	for rows.Next() {
		values, err := rows.Values()
		require.NoError(t, err)
		shard := coordinator.ShardOf(rows)
		require.Equal(t, want[shard], values[0])
		var s string
		require.NoError(t, rows.Scan(&s))
		require.Equal(t, "sad", s)
		seen[shard]++
	}
	require.NoError(t, rows.Err())
	require.Equal(t, map[messages.ShardID]int{"s0": n, "s1": n, "s2": n}, seen)
}

func TestEnumsOfOtherNamesAreAMismatch(t *testing.T) {
	cfg := coordinator.Config{}
	for i, id := range []messages.ShardID{"s0", "s1"} {
		oid := uint32(20_000 + i)
		f := fake.New(fake.Config{Dialect: messages.SQLite})
		f.Reply("select", fake.Rows(fake.Column("m", oid)).Row(fake.Raw("sad")))
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: typed{f, []*pgtype.Type{
			{Name: "mood" + string(id), OID: oid, Codec: pgtype.TextCodec{}},
		}}})
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, troupe.Close(context.Background())) }()
	_, err = troupe.Query(coordinator.AllShards(t.Context()), "select m from t")
	require.ErrorIs(t, err, messages.ErrSchemaMismatch)
	require.ErrorContains(t, err, "moods0")
	require.ErrorContains(t, err, "moods1")
}
