package session_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
)

const manyTags = 3_000

// learnt is a row of tags that learns its key.
type learnt struct {
	coordinator.Identity
	ID   int64   `db:"id,pk"`
	Lang string  `db:"lang,pk"`
	Word *string `db:"word"`
}

func (learnt) TableName() string { return "tags" }

// scanning is another. That it can scan a value doesn't make it one: it has columns.
type scanning struct {
	ID   int64   `db:"id,pk"`
	Lang string  `db:"lang,pk"`
	Word *string `db:"word"`
}

func (*scanning) TableName() string { return "tags" }

func (*scanning) Scan(any) error { return errors.New("a row isn't a value") }

// loadMany gives each shard as many tags, and loads all of them.
func loadMany(t *testing.T, w *world, s *session.Session) []*learnt {
	const insert = "with recursive n(i) as (select 1 union all select i + 1 from n where i < %d) insert into tags (id, lang, word) select i, 'l', 'w' from n"
	for _, shard := range w.Shards() {
		_, err := w.Exec(coordinator.OnShard(t.Context(), shard), fmt.Sprintf(insert, manyTags))
		require.NoError(t, err)
	}
	many, err := session.Select[learnt](t.Context(), s, "select * from tags")
	require.NoError(t, err)
	require.Len(t, many, 3*manyTags)
	return many
}

// TestManyObjects: objects that were loaded together stay who they are, and a rollback gives those that were changed what they had.
func TestManyObjects(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		many := loadMany(t, w, s)
		again := func() {
			t.Helper()
			twice, err := session.Select[learnt](ctx, s, "select * from tags")
			require.NoError(t, err)
			here := map[*learnt]bool{}
			for _, o := range many {
				here[o] = true
			}
			for _, o := range twice {
				require.True(t, here[o], "%v is one more", o.Key())
			}
			require.Len(t, here, len(twice))
		}
		again()
		for i, o := range many {
			if i%7 == 0 {
				o.Word = ptr("changed")
			}
		}
		extra := &learnt{ID: 0, Lang: "extra"}
		require.NoError(t, s.Add(extra))
		require.NoError(t, s.Delete(many[1]))
		require.True(t, s.Deleted(many[1]))
		require.False(t, s.Deleted(many[2]))
		require.NoError(t, s.Rollback(ctx))
		require.False(t, s.Deleted(many[1]))
		again()
		for _, o := range many {
			require.Equal(t, "w", *o.Word)
		}
		ctx.calls()
		require.NoError(t, s.Flush(ctx))
		require.Empty(t, ctx.calls(), "nothing was changed")
		many[5].Word = nil
		require.NoError(t, s.Commit(ctx))
		found := w.rows(t, "select id, lang from tags where word is null")
		require.Equal(t, onShards{many[5].Key().Shard: {fmt.Sprint(many[5].ID, " l")}}, found)
		same, err := session.ByKey[learnt](ctx, s, many[5].Key())
		require.NoError(t, err)
		require.Same(t, many[5], same)

		gone := many[slices.IndexFunc(many, func(o *learnt) bool { return o.ID > 2 })]
		require.NoError(t, s.Delete(gone))
		require.NoError(t, s.Commit(ctx))
		s.Close() // it had SQLite's writer
		require.True(t, s.Deleted(gone))
		require.False(t, s.Deleted(many[0]) && many[0] != gone)
		others := w.session(t)
		odd, err := session.Select[scanning](ctx, others, "select * from tags where id <= 2")
		require.NoError(t, err)
		require.Len(t, odd, 6, "of each shard the first two")
	})
}

// TestFlushOfManyUnchanged: what isn't changed costs a flush a comparison, and nothing that is allocated.
func TestFlushOfManyUnchanged(t *testing.T) {
	w := newWorld(t, false, func() string { return "sqlite::memory:" }, nil)
	s := w.session(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	many := loadMany(t, w, s)
	runtime.ReadMemStats(&after)
	require.Less(t, after.Mallocs-before.Mallocs, uint64(12*len(many)), "to load them")
	flush := testing.AllocsPerRun(5, func() { require.NoError(t, s.Flush(t.Context())) })
	require.Less(t, flush, 50.0)
	rollback := testing.AllocsPerRun(5, func() { require.NoError(t, s.Rollback(t.Context())) })
	require.Less(t, rollback, 100.0)
}
