package session_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// TestFamilies: rows of one table that refer to each other are written parents first, in as few statements as their keys allow, and
// deleted children first.
func TestFamilies(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		root := &account{Region: "Asia"}
		child := &account{Parent: root}
		grandchild := &account{Parent: child, Entries: []*entry{{Amount: 1}, {Amount: 2}}}
		sibling := &account{Parent: root}
		require.NoError(t, s.Add(grandchild, child, sibling))
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, []string{"INSERT accounts [asia]", "INSERT accounts [asia]", "INSERT accounts [asia]", "INSERT entries [asia]"}, ctx.calls(), "a generation at once, for the database gives the keys")
		require.Equal(t, []int64{root.ID, child.ID, root.ID}, []int64{*child.Within, *grandchild.Within, *sibling.Within})
		require.NoError(t, s.Commit(ctx))
		require.NoError(t, s.Delete(root, sibling, child, grandchild, grandchild.Entries[0], grandchild.Entries[1]))
		ctx.Reset()
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, []string{"DELETE accounts [asia]", "DELETE entries [asia]"}, ctx.calls())
		require.Empty(t, w.rows(t, "select id from accounts"))

		child.Parent = grandchild
		require.NoError(t, s.Add(grandchild))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest, "a circle has no beginning")
		require.Empty(t, ctx.calls())
		require.NoError(t, s.Rollback(ctx))
	})
}

type egg struct {
	ID     int64  `db:"id,pk"`
	HenID  *int64 `db:"hen_id"`
	Hen    *hen   `db:"-" ref:"hen_id"`
	Second *egg   `db:"-" ref:"second_id"`
	Other  *int64 `db:"second_id"`
}

type hen struct {
	ID    int64  `db:"id,pk"`
	EggID *int64 `db:"egg_id"`
	Egg   *egg   `db:"-" ref:"egg_id"`
}

func (*egg) TableName() string { return "eggs" }
func (*hen) TableName() string { return "hens" }

// TestTablesThatReferToEachOther: what counts is whether rows do, and not whether tables might.
func TestTablesThatReferToEachOther(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.exec(t, "create table hens (id bigint primary key, egg_id bigint)")
		w.exec(t, "create table eggs (id bigint primary key, hen_id bigint references hens (id), second_id bigint references eggs (id))")
		ctx := coordinator.OnShard(t.Context(), asia)
		s := w.session(t)
		mother := &hen{ID: 1}
		laid := &egg{ID: 10, Hen: mother}
		require.NoError(t, s.Add(laid, &egg{ID: 9, Other: ptr(int64(10))}))
		require.NoError(t, s.Flush(ctx))
		mother.Egg = laid
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"1 10"}}, w.rows(t, "select id, egg_id from hens"))
		first := &hen{ID: 2}
		first.Egg = &egg{ID: 20, Hen: first}
		require.NoError(t, s.Add(first))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
		require.NoError(t, s.Rollback(ctx))
		loop := &egg{ID: 30}
		loop.Second = &egg{ID: 31, Second: loop}
		require.NoError(t, s.Add(loop))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
	})
}

func TestAddAndDeleteRefuse(t *testing.T) {
	w := newWorld(t, false, func() string { return "sqlite::memory:" }, nil)
	ctx := t.Context()
	s := w.session(t)
	rome := &location{Continent: "Europe", City: "Rome"}
	require.NoError(t, w.Add(ctx, rome))
	for name, err := range map[string]error{
		"elsewhere": s.Add(rome), "value": s.Add(location{}), "nil": s.Add(nil), "nil pointer": s.Add((*location)(nil)), "unmapped": s.Add(&struct{}{}),
		"stranger": s.Delete(&location{}), "unlinked": s.Add(&unlinked{}),
	} {
		require.ErrorIs(t, err, messages.ErrInvalidRequest, name)
	}
	oslo := &location{Continent: "Europe", City: "Oslo"}
	require.NoError(t, s.Add(oslo, oslo))
	require.NoError(t, s.Delete(oslo, oslo))
	require.NoError(t, s.Flush(ctx))
	require.Zero(t, oslo.Key())
	require.NoError(t, s.Add(oslo))
	require.ErrorIs(t, s.Add(oslo, location{}), messages.ErrInvalidRequest)

	// What is listed by two parents has none for certain.
	cold := &report{}
	require.NoError(t, s.Add(&location{Continent: "Asia", Reports: []*report{cold}}, &location{Continent: "Asia", Reports: []*report{cold}}))
	require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
	require.NoError(t, s.Rollback(ctx))
	require.NoError(t, s.Add(&location{Continent: "Asia", Reports: []*report{nil}}))
	require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
	require.NoError(t, s.Rollback(ctx))

	// A parent that was read outside of the session is one, and isn't added.
	cold.Location = rome
	require.NoError(t, s.Add(cold))
	require.NoError(t, s.Flush(ctx))
	require.Equal(t, europe, cold.Key().Shard)
	require.Equal(t, rome.ID, *cold.LocationID)
	require.NoError(t, s.Delete(cold))
	require.NoError(t, s.Add(&report{ID: cold.ID, Location: rome}))
	require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest, "deleted and added anew in one flush")
	require.NoError(t, s.Rollback(ctx))

	for _, given := range [][]any{{}, {nil}, {"text"}, {int64(1), int64(2)}} {
		cfg := w.config()
		cfg.IDs["locations"] = ids.Func(func(context.Context, string, int) ([]any, error) { return given, nil })
		broken := session.New(ctx, w.Troupe, cfg)
		require.NoError(t, broken.Add(&location{Continent: "Asia"}))
		require.ErrorIs(t, broken.Flush(ctx), messages.ErrInvalidRequest)
		broken.Close()
	}
}

type unlinked struct {
	ID   int64       `db:"id,pk"`
	List []*location `db:"-" many:"id"`
}

func (unlinked) TableName() string { return "unlinked" }
