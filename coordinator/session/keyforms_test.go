package session_test

import (
	"context"
	"database/sql"
	"math"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

type house struct {
	coordinator.Identity
	ID    int64   `db:"id,pk"`
	Flats []*flat `db:"-" many:"house_id"`
}

func (*house) TableName() string { return "houses" }

// flat refers to its house by what is NULL without being nil.
type flat struct {
	coordinator.Identity
	ID      int64         `db:"id,pk"`
	HouseID sql.NullInt64 `db:"house_id"`
	House   *house        `db:"-" ref:"house_id"`
}

func (*flat) TableName() string { return "flats" }

// TestNullableRefs: the columns of a ref may be of a type that says by its method Value what it is.
func TestNullableRefs(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.exec(t, "create table houses (id bigint primary key)")
		w.exec(t, "create table flats (id bigint primary key, house_id bigint references houses (id))")
		ctx := t.Context()
		s := w.session(t)
		asian, european := &house{ID: 1}, &house{ID: 2}
		require.NoError(t, s.Add(asian))
		require.NoError(t, s.Flush(coordinator.OnShard(ctx, asia)))
		require.NoError(t, s.Add(european))
		require.NoError(t, s.Flush(coordinator.OnShard(ctx, europe)))
		require.NoError(t, s.Add(&flat{ID: 7, House: asian}, &flat{ID: 8, HouseID: sql.NullInt64{Int64: 1, Valid: true}}))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"7 1", "8 1"}}, w.rows(t, "select id, house_id from flats order by id"))

		s = w.session(t)
		asian = mustGet[house](t, ctx, s, 1)
		mustGet[house](t, ctx, s, 2)
		seven := mustGet[flat](t, ctx, s, 7)
		parent, err := session.Parent[house](ctx, s, seven)
		require.NoError(t, err)
		require.Same(t, asian, parent)
		require.NoError(t, s.Load(ctx, "Flats", asian))
		require.Len(t, asian.Flats, 2)
		eight := asian.Flats[1]
		eight.House, eight.HouseID.Int64 = nil, 2
		require.ErrorIs(t, s.Flush(ctx), messages.ErrWrongShard)
		require.NoError(t, s.Rollback(ctx))
		eight.House, eight.HouseID = nil, sql.NullInt64{}
		require.NoError(t, s.Flush(ctx))
		_, err = session.Parent[house](ctx, s, eight)
		require.ErrorIs(t, err, pgx.ErrNoRows)
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Delete(asian, eight, seven), "children are first, whatever the order")
		require.NoError(t, s.Commit(ctx))
		require.Empty(t, w.rows(t, "select id from flats"))
	})
}

type tower struct {
	coordinator.Identity
	ID    string  `db:"id,pk"`
	Rooms []*room `db:"-" many:"tower_id"`
}

func (*tower) TableName() string { return "towers" }

type room struct {
	coordinator.Identity
	ID      [16]byte    `db:"id,pk"`
	TowerID pgtype.UUID `db:"tower_id"`
	Tower   *tower      `db:"-" ref:"tower_id"`
}

func (*room) TableName() string { return "rooms" }

// TestUUIDForms: a UUID is one whether it is a text, 16 bytes, or a type of the driver's, but its text is the database's.
func TestUUIDForms(t *testing.T) {
	w := newPostgres(t)
	ctx := coordinator.OnShard(t.Context(), asia)
	w.exec(t, "create table towers (id uuid primary key)")
	w.exec(t, "create table rooms (id uuid primary key, tower_id uuid references towers (id))")
	const id = "aaaaaaaa-0000-4000-8000-000000000001"
	s := session.New(ctx, w.Troupe, session.Config{IDs: map[string]ids.Source{"towers": ids.UUIDv7()}})
	defer s.Close()
	high := &tower{ID: id}
	require.NoError(t, s.Add(high, &tower{}, &room{ID: [16]byte{1}, Tower: high}))
	require.NoError(t, s.Commit(ctx))
	require.Equal(t, onShards{asia: {"2"}}, w.rows(t, "select count(distinct id) from towers having count(*) > 0"), "a text that is empty is no key")
	require.NoError(t, s.Load(ctx, "Rooms", high))
	require.Len(t, high.Rooms, 1)
	parent, err := session.Parent[tower](ctx, s, high.Rooms[0])
	require.NoError(t, err)
	require.Same(t, high, parent)
	require.NoError(t, s.Add(&tower{ID: "AAAAAAAA-0000-4000-8000-000000000002"}))
	require.ErrorContains(t, s.Flush(ctx), `"aaaaaaaa-0000-4000-8000-000000000002"`)
}

type padded struct {
	coordinator.Identity
	ID   string `db:"id,pk"`
	Word string `db:"word"`
}

func (*padded) TableName() string { return "padded" }

// TestPaddedKey: a key that the database changes is refused, for the row would be another object when it is read.
func TestPaddedKey(t *testing.T) {
	w := newPostgres(t)
	ctx := coordinator.OnShard(t.Context(), asia)
	w.exec(t, "create table padded (id char(4) primary key, word text)")
	s := w.session(t)
	require.NoError(t, s.Add(&padded{ID: "full"}, &padded{ID: "ab"}))
	require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
	require.NoError(t, s.Rollback(ctx))
	right := &padded{ID: "ab  "}
	require.NoError(t, s.Add(&padded{ID: "full"}, right))
	require.NoError(t, s.Commit(ctx))
	require.Same(t, right, mustGet[padded](t, ctx, s, "ab"))
	right.Word = "changed"
	require.NoError(t, s.Commit(ctx))
	require.Equal(t, onShards{asia: {"changed"}}, w.rows(t, "select word from padded where id = 'ab'"))
}

// setting has a field that hides Identity's method.
type setting struct {
	coordinator.Identity
	Key   string `db:"key,pk"`
	Value string `db:"value"`
}

func (*setting) TableName() string { return "settings" }

// TestFieldNamedKey: a column's field may be called Key.
func TestFieldNamedKey(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.exec(t, "create table settings (key text primary key, value text)")
		ctx := coordinator.OnShard(t.Context(), asia)
		s := w.session(t)
		o := &setting{Key: "a", Value: "b"}
		require.NoError(t, s.Add(o))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, `settings("a")@asia`, o.Identity.Key().String())
		key, ok := coordinator.KeyOf(o)
		require.True(t, ok)
		require.Equal(t, o.Identity.Key(), key)
		require.ErrorIs(t, w.session(t).Add(o), messages.ErrInvalidRequest)
	})
}

// TestLargestRowid: keys that SQLite gives at random, as it does when the largest is in use, are not given to the wrong objects.
func TestLargestRowid(t *testing.T) {
	w := newWorld(t, false, func() string { return "sqlite::memory:" }, nil)
	ctx := coordinator.OnShard(t.Context(), asia)
	_, err := w.Exec(ctx, "insert into accounts (id, region, balance, version) values ($1, 'Asia', -1, 0)", int64(math.MaxInt64))
	require.NoError(t, err)
	s := w.session(t)
	var all []any
	for i := range 5 {
		all = append(all, &account{Region: "Asia", Balance: int64(i)})
	}
	require.NoError(t, s.Add(all...))
	require.ErrorIs(t, s.Flush(ctx), messages.ErrStatement)
	require.NoError(t, s.Rollback(ctx))
	for _, one := range all {
		require.NoError(t, s.Add(one))
		require.NoError(t, s.Flush(ctx), "which one it is is clear")
	}
	require.NoError(t, s.Commit(ctx))
	for i, one := range all {
		var balance int64
		require.NoError(t, w.QueryRow(coordinator.OnShard(context.Background(), asia), "select balance from accounts where id = $1", one.(*account).ID).Scan(&balance))
		require.Equal(t, int64(i), balance)
	}
}
