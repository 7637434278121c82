package session_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// TestDeletedAndAddedAgain: an object whose row was deleted may be added once more, and given up again; a rollback undoes all of it.
func TestDeletedAndAddedAgain(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := w.session(t)
		again := func(l *location) {
			require.NoError(t, s.Delete(l))
			require.NoError(t, s.Flush(ctx))
			require.NoError(t, s.Add(l))
			require.NoError(t, s.Delete(l, l))
			require.True(t, s.Deleted(l))
		}
		l := &location{Continent: "Asia", City: "old"}
		require.NoError(t, s.Add(l))
		savepoint, err := s.Begin(ctx)
		require.NoError(t, err)
		again(l)
		require.NoError(t, savepoint.Rollback(ctx))
		require.NotZero(t, l.Key())
		require.NoError(t, s.Rollback(ctx))
		require.Zero(t, l.ID, "nothing is left of the source of keys, either")
		require.Zero(t, l.Key())

		require.NoError(t, s.Add(l))
		require.NoError(t, s.Commit(ctx))
		again(l)
		require.NoError(t, s.Rollback(ctx))
		require.False(t, s.Deleted(l))
		l.City = "new"
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"new"}}, w.rows(t, "select city from locations"))

		again(l)
		require.NoError(t, s.Commit(ctx))
		require.Empty(t, w.rows(t, "select city from locations"))
		require.NoError(t, s.Add(l))
		require.NoError(t, s.Flush(ctx))
		require.NotZero(t, l.Key())
		require.NoError(t, s.Rollback(ctx))
		require.Zero(t, l.Key(), "it has no row")
		other := w.session(t)
		require.NoError(t, other.Add(l))
		require.NoError(t, other.Commit(ctx))
		require.Equal(t, onShards{asia: {"new"}}, w.rows(t, "select city from locations"))
	})
}

// TestDeleteManyAdded: giving up many objects costs what adding them did.
func TestDeleteManyAdded(t *testing.T) {
	w := newWorld(t, false, func() string { return "sqlite::memory:" }, nil)
	s := w.session(t)
	var all []any
	for range 40_000 {
		all = append(all, &account{Region: "Asia"})
	}
	require.NoError(t, s.Add(all...))
	begun := time.Now()
	require.NoError(t, s.Delete(all...))
	require.Less(t, time.Since(begun), 5*time.Second)
	require.NoError(t, s.Commit(t.Context()))
	require.Empty(t, w.rows(t, "select id from accounts"))
}

// TestOneInserter: an object that a session is to insert is no other's until that has given it up.
func TestOneInserter(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		first, second := w.session(t), w.session(t)
		a, b := &account{Region: "Asia"}, &account{Region: "Asia"}
		require.NoError(t, first.Add(a, b))
		require.ErrorIs(t, second.Add(a), messages.ErrInvalidRequest)
		require.NoError(t, second.Add(&entry{Owner: b}))
		require.ErrorIs(t, second.Commit(ctx), messages.ErrInvalidRequest, "nor by what leads to it")
		require.NoError(t, second.Rollback(ctx))

		require.NoError(t, first.Delete(a))
		require.NoError(t, second.Add(a))
		require.ErrorIs(t, first.Add(a), messages.ErrInvalidRequest)
		require.NoError(t, second.Rollback(ctx))
		require.NoError(t, first.Add(a))
		require.NoError(t, first.Delete(a))
		require.NoError(t, second.Add(a))
		require.NoError(t, second.Commit(ctx))
		key := a.Key()
		require.NoError(t, first.Rollback(ctx))
		require.Equal(t, key, a.Key(), "it isn't the first's any more")
		require.NoError(t, first.Add(b))
		first.Close()
		require.NoError(t, second.Add(b), "a session that is closed has given all up")
		require.NoError(t, second.Rollback(ctx))
		require.ErrorIs(t, w.session(t).Add(a), messages.ErrInvalidRequest, "it has a row")
		require.Equal(t, onShards{asia: {"1"}}, w.rows(t, "select count(*) from accounts having count(*) > 0"))
	})
}

// bare doesn't learn its key.
type bare struct {
	ID      int64  `db:"id,pk,auto"`
	Region  string `db:"region"`
	Balance int64  `db:"balance"`
	Version int    `db:"version,version"`
}

func (*bare) TableName() string { return "accounts" }

type bareEntry struct {
	ID      int64 `db:"id,pk,auto"`
	Account int64 `db:"account"`
	Amount  int64 `db:"amount"`
	Owner   *bare `db:"-" ref:"account"`
}

func (*bareEntry) TableName() string { return "entries" }

// TestKeyThatWasGiven: an object that can't know where its row is isn't inserted once more, as its key tells that it has one.
func TestKeyThatWasGiven(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := coordinator.OnShard(t.Context(), asia)
		_, err := w.Exec(ctx, "insert into accounts (id, region, balance, version) values (41, 'Asia', 5, 0)")
		require.NoError(t, err)
		got, err := coordinator.Get[bare](ctx, w.Troupe, 41)
		require.NoError(t, err)
		s := w.session(t)
		require.ErrorIs(t, s.Add(&got), messages.ErrInvalidRequest)
		require.NoError(t, s.Add(&bareEntry{Owner: &got}))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
		require.NoError(t, s.Rollback(ctx))
		owner, err := session.Get[bare](ctx, s, 41)
		require.NoError(t, err)
		child := &bareEntry{Owner: owner}
		require.NoError(t, s.Add(child))
		require.NoError(t, s.Flush(ctx))
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Add(child), "its key was taken back")
		require.NoError(t, s.Commit(ctx))
		require.NoError(t, s.Delete(child))
		require.NoError(t, s.Commit(ctx))
		require.NoError(t, s.Add(child), "the session knows that it has no row")
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"41"}}, w.rows(t, "select account from entries"))
	})
}
