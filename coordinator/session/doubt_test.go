package session_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// TestDoubt: after a commit whose outcome is unknown, and that was none, the same is not taken for done when it is done again.
func TestDoubt(t *testing.T) {
	w := newPostgres(t)
	ctx := coordinator.OnShard(t.Context(), asia)
	_, err := w.Exec(ctx, "insert into locations values (1, 'Asia', 'old'), (3, 'Asia', 'other')")
	require.NoError(t, err)
	w.failing(t, asia, "perform pg_terminate_backend(pg_backend_pid());")
	s := w.session(t)
	changed, read := mustGet[location](t, ctx, s, 1), mustGet[location](t, ctx, s, 3)
	added := &location{ID: 2, Continent: "Asia", City: "added"}
	require.NoError(t, s.Add(added))
	changed.City = "new"
	require.ErrorIs(t, s.Commit(ctx), messages.ErrOutcomeUnknown)
	_, err = w.Exec(ctx, "drop trigger no on locations")
	require.NoError(t, err)

	require.ErrorIs(t, s.Add(added), messages.ErrInvalidRequest, "whether it has a row isn't known")
	changed.City = "new"
	require.ErrorIs(t, s.Commit(ctx), messages.ErrInvalidRequest)
	require.NoError(t, s.Rollback(ctx))
	require.ErrorIs(t, s.Refresh(ctx, changed, added), messages.ErrStale, "one was never inserted")
	require.Equal(t, "old", changed.City)
	changed.City, read.City = "new", "read"
	require.NoError(t, s.Add(added))
	require.NoError(t, s.Commit(ctx), "the one that wasn't written is what it is")
	require.Equal(t, onShards{asia: {"new", "added", "read"}}, w.rows(t, "select city from locations order by id"))
}

// TestReadBeforeRollback: what a transaction has read of its own changes isn't taken for the rows when it was rolled back.
func TestReadBeforeRollback(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := coordinator.OnShard(t.Context(), asia)
		_, err := w.Exec(ctx, "insert into locations values (1, 'Asia', 'old')")
		require.NoError(t, err)
		for name, write := range map[string]func(*session.Session) error{
			"Exec": func(s *session.Session) error { _, err := s.Exec(ctx, "update locations set city = 'X'"); return err },
			"Select": func(s *session.Session) error {
				return second(session.Select[location](ctx, s, "update locations set city = 'X' returning *"))
			},
			"Tx": func(s *session.Session) error {
				tx, err := s.Tx(ctx)
				require.NoError(t, err)
				return second(w.Exec(coordinator.WithTx(ctx, tx), "update locations set city = 'X'"))
			},
		} {
			s := w.session(t)
			before, err := s.Begin(ctx)
			require.NoError(t, err)
			require.NoError(t, write(s), name)
			read := mustGet[location](t, ctx, s, 1)
			require.Equal(t, "X", read.City)
			inner, err := s.Begin(ctx)
			require.NoError(t, err)
			require.NoError(t, inner.Rollback(ctx))
			require.NoError(t, s.Flush(ctx), "the change was before")
			require.NoError(t, before.Rollback(ctx))
			read.City = "X"
			require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest, name)
			require.NoError(t, s.Rollback(ctx))
			require.NoError(t, s.Refresh(ctx, read))
			require.Equal(t, "old", read.City)
			require.NoError(t, s.Commit(ctx))
		}
	})
}

func second[T any](_ T, err error) error { return err }

// TestFlushOfExpired: a change of an expired object doesn't make its other columns what its row has.
func TestFlushOfExpired(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := coordinator.OnShard(t.Context(), asia)
		w.exec(t, "create table parts (id bigint primary key, note text not null, within bigint)")
		_, err := w.Exec(ctx, "insert into parts values (1, 'old', null), (2, '', null)")
		require.NoError(t, err)
		s := w.session(t)
		expired := mustGet[part](t, ctx, s, 1)
		require.NoError(t, s.Commit(ctx))
		_, err = w.Exec(ctx, "update parts set note = 'theirs' where id = 1")
		require.NoError(t, err)
		expired.Within = ptr(int64(2))
		require.NoError(t, s.Flush(ctx))
		require.Same(t, expired, mustGet[part](t, ctx, s, 1))
		require.Equal(t, "theirs", expired.Note)
		expired.Note += "!"
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"theirs! 2"}}, w.rows(t, "select note, within from parts where id = 1"))
	})
}

// TestChangeOfGoneParent: Load finds that the row of a changed object is gone, and the flush still says so.
func TestChangeOfGoneParent(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := coordinator.OnShard(t.Context(), asia)
		w.exec(t, "create table parts (id bigint primary key, note text not null, within bigint)")
		_, err := w.Exec(ctx, "insert into parts values (1, '', null), (2, '', 1)")
		require.NoError(t, err)
		s := w.session(t)
		parent, child := mustGet[part](t, ctx, s, 1), mustGet[part](t, ctx, s, 2)
		require.NoError(t, s.Commit(ctx))
		_, err = w.Exec(ctx, "delete from parts where id = 1")
		require.NoError(t, err)
		parent.Note = "changed"
		require.NoError(t, s.Load(ctx, "Parent", child))
		require.ErrorIs(t, s.Commit(ctx), messages.ErrStale)
		require.NoError(t, s.Rollback(ctx))
		_, err = session.Get[part](ctx, s, 1)
		require.ErrorIs(t, err, pgx.ErrNoRows)
	})
}

type part struct {
	coordinator.Identity
	ID     int64  `db:"id,pk"`
	Note   string `db:"note"`
	Within *int64 `db:"within"`
	Parent *part  `db:"-" ref:"within"`
}

func (*part) TableName() string { return "parts" }
