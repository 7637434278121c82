package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// failing makes COMMITs of a shard fail that have written to locations: by an error, or by ending the connection.
func (w *world) failing(t *testing.T, shard messages.ShardID, how string) {
	for _, ddl := range []string{
		"create function no() returns trigger language plpgsql as $$ begin " + how + " return null; end $$",
		"create constraint trigger no after insert or update or delete on locations deferrable initially deferred for each row execute function no()",
	} {
		_, err := w.Exec(coordinator.OnShard(t.Context(), shard), ddl)
		require.NoError(t, err)
	}
}

// TestMovedRowIsNotLost: a commit that fails in the middle leaves a moved row on both shards at the worst, whichever is first in the
// configuration.
func TestMovedRowIsNotLost(t *testing.T) {
	for _, bad := range []messages.ShardID{northAmerica, europe} {
		w := newPostgres(t)
		ctx := t.Context()
		_, err := w.Exec(coordinator.OnShard(ctx, northAmerica), "insert into locations values (1, 'North America', 'x')")
		require.NoError(t, err)
		w.failing(t, bad, "raise exception 'no';")
		s := w.session(t)
		moved := mustGet[location](t, ctx, s, 1)
		moved.Continent = "Europe"
		require.NoError(t, s.MoveRow(ctx, moved))
		require.Error(t, s.Commit(ctx))
		found := w.rows(t, "select city from locations")
		require.Equal(t, []string{"x"}, found[northAmerica])
		if bad == europe { // it was the first to be committed, so that nothing was
			require.Equal(t, northAmerica, moved.Key().Shard)
			require.Empty(t, found[europe])
			continue
		}
		require.Equal(t, europe, moved.Key().Shard)
		require.Equal(t, []string{"x"}, found[europe])
	}
}

// TestMovedInAChain: where one row goes, another leaves, and it is committed before the one and after the other.
func TestMovedInAChain(t *testing.T) {
	w := newPostgres(t)
	ctx := t.Context()
	_, err := w.Exec(coordinator.OnShard(ctx, northAmerica), "insert into locations values (1, 'North America', 'x')")
	require.NoError(t, err)
	_, err = w.Exec(coordinator.OnShard(ctx, asia), "insert into locations values (2, 'Asia', 'y')")
	require.NoError(t, err)
	w.failing(t, europe, "raise exception 'no';")
	s := w.session(t)
	one, two := mustGet[location](t, ctx, s, 1), mustGet[location](t, ctx, s, 2)
	one.Continent = "Asia"
	require.NoError(t, s.MoveRow(ctx, one))
	two.Continent = "Europe"
	require.NoError(t, s.MoveRow(ctx, two))
	require.Error(t, s.Commit(ctx))
	require.Equal(t, onShards{northAmerica: {"x"}, asia: {"y"}}, w.rows(t, "select city from locations"))
}
