package session_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// wide has a column of every common type, each NULL or not.
type wide struct {
	coordinator.Identity
	ID   int64          `db:"id,pk"`
	Txt  *string        `db:"txt"`
	Code *string        `db:"code"`
	Num  *int32         `db:"num"`
	Big  *int64         `db:"big"`
	Frac *float64       `db:"frac"`
	Flag *bool          `db:"flag"`
	At   *time.Time     `db:"at"`
	UID  *[16]byte      `db:"uid"`
	Doc  map[string]any `db:"doc"`
	Raw  []byte         `db:"raw"`
	List []int32        `db:"list"`
}

func (*wide) TableName() string { return "wide" }

func ptr[T any](v T) *T { return &v }

func (r *wide) fill(n int) {
	r.Txt, r.Code, r.Num, r.Big = ptr(fmt.Sprint("text ", n)), ptr(fmt.Sprint("c", n)), ptr(int32(n)), ptr(int64(n)<<40)
	r.Frac, r.Flag, r.At = ptr(float64(n)+0.5), ptr(n%2 == 0), ptr(time.Unix(int64(n)*1000, 0).UTC())
	r.UID, r.Raw = &[16]byte{byte(n), 1}, []byte{byte(n), 0}
	r.Doc, r.List = map[string]any{"n": float64(n)}, []int32{int32(n), 2}
}

func (r *wide) blank() { *r = wide{Identity: r.Identity, ID: r.ID} }

// TestColumnTypes: many rows of all types are changed by one statement, each other columns, to values and to NULL.
func TestColumnTypes(t *testing.T) {
	w := newPostgres(t)
	for _, where := range []messages.ShardID{asia, europe} {
		_, err := w.Exec(coordinator.OnShard(t.Context(), where), `create table wide (id bigint primary key, txt text, code varchar(20), num integer, big bigint, frac double precision,
			flag boolean, at timestamptz, uid uuid, doc jsonb, raw bytea, list integer[])`)
		require.NoError(t, err)
	}
	pinned := coordinator.OnShard(t.Context(), asia)
	s := w.session(t)
	var rows []*wide
	for i := range 6 {
		r := &wide{ID: int64(i + 1)}
		if i%2 == 0 {
			r.fill(i)
		}
		rows = append(rows, r)
		require.NoError(t, s.Add(r))
	}
	require.NoError(t, s.Commit(pinned))
	for i, r := range rows {
		switch i % 3 {
		case 0:
			r.blank()
		case 1:
			r.fill(i + 100)
		default:
			r.Doc = maps.Clone(r.Doc)
			if r.Doc == nil {
				r.Doc = map[string]any{}
			}
			r.Doc["more"] = []any{"x", nil}
			r.Raw = []byte{}
			r.List = append(r.List, 7)
			r.Flag = ptr(i%2 == 1)
		}
	}
	ctx, touched := coordinator.WatchTouched(t.Context())
	require.NoError(t, s.Flush(ctx))
	require.Len(t, touched.Calls(), 1)
	want := make([]wide, len(rows))
	for i, r := range rows {
		want[i] = *r
	}
	require.NoError(t, s.Commit(ctx))
	for i, r := range rows {
		got, err := session.ByKey[wide](ctx, s, r.Key())
		require.NoError(t, err)
		require.Same(t, r, got)
		if r.At != nil {
			r.At = ptr(r.At.UTC())
		}
		require.Equal(t, want[i], *got)
	}
}

// TestManyRows: sets that are larger than a statement are split, and nothing else.
func TestManyRows(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		const n = 13_000 // times three columns is more than SQLite's parameters, and less than PostgreSQL's
		var all []any
		accounts := make([]*account, n)
		for i := range accounts {
			accounts[i] = &account{Region: "Asia", Balance: int64(i)}
			all = append(all, accounts[i])
		}
		require.NoError(t, s.Add(all...))
		require.NoError(t, s.Flush(ctx))
		inserts := 1
		if !w.postgres {
			inserts = 2
		}
		require.Len(t, ctx.calls(), inserts)
		for i, a := range accounts {
			require.Equal(t, int64(i+1), a.ID, "keys are given in the order of the rows")
		}
		for i, a := range accounts[:300] {
			a.Balance = -int64(i)
		}
		require.NoError(t, s.Flush(ctx))
		require.Len(t, ctx.calls(), 3)
		require.NoError(t, s.Delete(all[300:]...))
		require.NoError(t, s.Commit(ctx))
		require.Len(t, ctx.calls(), (n-300+127)/128)
		left := w.rows(t, "select balance from accounts order by id")
		require.Len(t, left[asia], 300)
		for i, line := range left[asia] {
			require.Equal(t, fmt.Sprint(-i), line)
		}
	})
}

// TestCompositeKeys: a primary key of several columns is one, also in a map, an UPDATE of many rows and a DELETE.
func TestCompositeKeys(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		pinned := watched{coordinator.OnShard(ctx, europe), ctx.Touched}
		s := w.session(t)
		words := []*tag{{ID: 1, Lang: "en", Word: ptr("one")}, {ID: 1, Lang: "de", Word: ptr("eins")}, {ID: 2, Lang: "en"}}
		require.NoError(t, s.Add(words[0], words[1], words[2]))
		require.NoError(t, s.Commit(pinned))
		ctx.Reset()
		*words[0].Word = "ONE"
		words[1].Word, words[2].Word = nil, ptr("two")
		require.NoError(t, s.Commit(pinned))
		require.Equal(t, []string{"UPDATE tags [europe]"}, ctx.calls())
		require.Equal(t, onShards{europe: {"1 de <nil>", "1 en ONE", "2 en two"}}, w.rows(t, "select id, lang, word from tags order by id, lang"))
		require.NoError(t, s.Delete(words[1], words[2]))
		require.NoError(t, s.Flush(pinned))
		got, err := session.Get[tag](pinned, s, 1, "en")
		require.NoError(t, err)
		require.Same(t, words[0], got)
		_, err = session.Get[tag](pinned, s, 2, "en")
		require.Error(t, err)
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{europe: {"1 en ONE"}}, w.rows(t, "select id, lang, word from tags"))
	})
}

type tag struct {
	ID   int64   `db:"id,pk"`
	Lang string  `db:"lang,pk"`
	Word *string `db:"word"`
}

func (tag) TableName() string { return "tags" }

// stamped has a column from the database beside its own key.
type stamped struct {
	ID   string `db:"id,pk"`
	Made string `db:"made,auto"`
	Seq  int    `db:"seq,auto"`
}

func (*stamped) TableName() string { return "stamped" }

// TestOtherAutoColumns: without an integer key to tell rows apart by, each is inserted by itself.
func TestOtherAutoColumns(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.exec(t, "create table stamped (id text primary key, made text not null default 'now', seq integer default 7)")
		ctx := watch(t)
		s := w.session(t)
		a, b := &stamped{ID: "a"}, &stamped{ID: "b"}
		require.NoError(t, s.Add(a, b))
		require.NoError(t, s.Flush(coordinator.OnShard(ctx, asia)))
		require.Len(t, ctx.calls(), 2)
		require.Equal(t, []stamped{{"a", "now", 7}, {"b", "now", 7}}, []stamped{*a, *b})
		require.NoError(t, s.Rollback(ctx))
		require.Equal(t, stamped{ID: "a"}, *a)
	})
}

// TestTextIsInBounds: the largest statements are short enough to be understood, where names are translated.
func TestTextIsInBounds(t *testing.T) {
	w := newPostgres(t)
	s := w.session(t)
	var all []any
	for i := range 22_000 {
		all = append(all, &report{ID: int64(i) + 1_000_000, Degrees: float64(i)})
	}
	require.NoError(t, s.Add(all...))
	ctx, touched := coordinator.WatchTouched(coordinator.OnShard(t.Context(), asia))
	require.NoError(t, s.Flush(ctx))
	require.Len(t, touched.Calls(), 2)
	for _, c := range touched.Calls() {
		require.Less(t, len(c.SQL), 1<<20)
		require.True(t, strings.HasPrefix(c.SQL, "INSERT"))
	}
}
