package conformance_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

func chooserWithoutAnAnswer(t *testing.T, w *world) {
	for name, nothing := range map[string][]messages.ShardID{"nil": nil, "none": {}} {
		t.Run(name, func(t *testing.T) {
			w.refresh(t)
			mute := w.with(t, func(c *coordinator.Config) {
				c.IdentityChooser = func(context.Context, *coordinator.IdentityRequest) ([]messages.ShardID, error) { return nothing, nil }
			})
			ctx, s := mute.open(t)
			require.NoError(t, s.Add(newBook("title 1", "page 1", "page 2")))
			require.NoError(t, s.Commit(ctx))

			ctx, s = mute.open(t)
			ctx, sent := mute.watch(ctx)
			books, err := session.Select[Book](ctx, s, "select id, title from book")
			require.NoError(t, err)
			require.Len(t, books, 1)
			sent.require(t, each...)
			require.NoError(t, s.Load(ctx, "Pages", books[0])) // eager loads don't ask it
			require.Len(t, books[0].Pages, 2)
			sent.require(t, 0, 1, 0, 0)

			// Where it is asked, nothing is no answer: not "anywhere" and not "nowhere", and no panic.
			_, err = coordinator.Related[Page](ctx, mute.Troupe, books[0], "book_id", books[0].ID)
			require.ErrorIs(t, err, messages.ErrChooser)
			_, err = coordinator.Get[Book](ctx, mute.Troupe, books[0].ID)
			require.ErrorIs(t, err, messages.ErrChooser)
			sent.require(t, none...)
		})
	}
}

// misled returns the world with an identity and an execute chooser that name a shard which doesn't exist, and count.
func (w *world) misled(t *testing.T) (*world, *asks) {
	t.Helper()
	counted := new(asks)
	fake := []messages.ShardID{"fake", asia}
	return w.with(t, func(c *coordinator.Config) {
		c.IdentityChooser = func(context.Context, *coordinator.IdentityRequest) ([]messages.ShardID, error) {
			counted.identity.Add(1)
			return fake, nil
		}
		c.ExecuteChooser = func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
			counted.execute.Add(1)
			return fake, nil
		}
	}), counted
}

// requireReload reads Tokyo with a pin, changes its row behind the session's back, and requires that again reads the row anew
// from its own shard, by one statement and without a chooser.
func (w *world) requireReload(t *testing.T, again func(context.Context, *session.Session, *Location) (*Location, error)) {
	t.Helper()
	w.fill(t)
	misled, counted := w.misled(t)
	ctx, s := misled.open(t)
	found, err := session.Select[Location](coordinator.OnShard(ctx, asia), s, allLocations)
	require.NoError(t, err)
	require.Len(t, found, 1)
	tokyo := found[0]
	_, err = s.Exec(coordinator.OnShard(ctx, asia), "update weather_locations set city = 'Edo' where id = 1")
	require.NoError(t, err)

	ctx, sent := misled.watch(ctx)
	got, err := again(ctx, s, tokyo)
	require.NoError(t, err)
	require.Same(t, tokyo, got)
	require.Equal(t, "Edo", tokyo.City)
	sent.require(t, 0, 1, 0, 0)
	require.Zero(t, counted.identity.Load()+counted.execute.Load(), "a chooser was asked")

	// It would have been an error to ask one.
	_, err = session.Get[Location](ctx, s, 4)
	require.ErrorIs(t, err, messages.ErrUnknownShard)
	sent.require(t, none...)
}

func refreshAsksNoChooser(t *testing.T, w *world) {
	w.requireReload(t, func(ctx context.Context, s *session.Session, l *Location) (*Location, error) {
		return l, s.Refresh(ctx, l)
	})
}

// There are no deferred columns; what is read by its key is the next to it.
func columnsAskNoChooser(t *testing.T, w *world) {
	w.requireReload(t, func(ctx context.Context, s *session.Session, l *Location) (*Location, error) {
		require.NoError(t, s.Expire(l))
		return l, s.Refresh(ctx, l)
	})
	// Without a session: by the token.
	misled, counted := w.misled(t)
	ctx, sent := misled.watch(within(t))
	l, err := coordinator.Get[Location](coordinator.WithToken(ctx, asia), misled.Troupe, 1)
	require.NoError(t, err)
	require.Equal(t, "Asia", l.Continent)
	sent.require(t, 0, 1, 0, 0)
	require.Zero(t, counted.identity.Load()+counted.execute.Load(), "a chooser was asked")
}

func expiredAsksNoChooser(t *testing.T, w *world) {
	w.requireReload(t, func(ctx context.Context, s *session.Session, l *Location) (*Location, error) {
		key := l.Key()
		require.NoError(t, s.Expire(l))
		return session.ByKey[Location](ctx, s, key)
	})
}

// library adds books with a page each and commits.
func (w *world) library(t *testing.T, titles ...string) []*Book {
	t.Helper()
	ctx, s := w.open(t)
	var books []*Book
	for _, title := range titles {
		b := newBook(title, title+" page 1")
		books = append(books, b)
		require.NoError(t, s.Add(b))
	}
	require.NoError(t, s.Commit(ctx))
	s.Close()
	return books
}

func parentInTheIdentityMap(t *testing.T, w *world) {
	w.library(t, "title 1", "title 2") // two books with the key 1
	ctx, s := w.open(t)
	books, err := session.Select[Book](ctx, s, "select id, title from book")
	require.NoError(t, err)
	require.Len(t, books, 2)
	pages, err := session.Select[Page](ctx, s, "select id, book_id, title from page")
	require.NoError(t, err)
	require.Len(t, pages, 2)
	ctx, sent := w.watch(ctx)
	for _, p := range pages {
		parent, err := session.Parent[Book](ctx, s, p)
		require.NoError(t, err)
		require.Equal(t, p.Key().Shard, parent.Key().Shard)
		require.Equal(t, parent.Title+" page 1", p.Title)
		require.Contains(t, books, parent)
	}
	sent.require(t, none...)
}

func parentInItsDatabase(t *testing.T, w *world) {
	book := w.library(t, "title 1", "title 2")[0]
	ctx, s := w.open(t)
	pages, err := session.Select[Page](coordinator.OnShard(ctx, asia), s, "select id, book_id, title from page")
	require.NoError(t, err)
	require.Len(t, pages, 1)
	ctx, sent := w.watch(ctx)
	parent, err := session.Parent[Book](ctx, s, pages[0])
	require.NoError(t, err)
	require.Equal(t, book.Key(), parent.Key())
	require.Equal(t, "title 1", parent.Title)
	sent.require(t, 0, 1, 0, 0)

	// Where the identity chooser is asked, it is told which object the row is loaded from.
	var told loadedFrom
	asking := w.with(t, func(c *coordinator.Config) { c.IdentityChooser = told.choose })
	watched, sent := asking.watch(within(t))
	found, err := coordinator.Related[Book](watched, asking.Troupe, pages[0], "id", pages[0].BookID)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, book.Key(), found[0].Key())
	sent.require(t, 0, 1, 0, 0)
	require.Equal(t, []any{pages[0]}, told.objects())
}

// loadedFrom is an identity chooser that goes by the object that is loaded from, and remembers it.
type loadedFrom struct {
	mu   sync.Mutex
	seen []any
}

func (l *loadedFrom) choose(_ context.Context, r *coordinator.IdentityRequest) ([]messages.ShardID, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, r.LoadedFrom)
	key, ok := coordinator.KeyOf(r.LoadedFrom)
	if !ok {
		return nil, errNobody
	}
	return []messages.ShardID{key.Shard}, nil
}

func (l *loadedFrom) objects() []any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]any(nil), l.seen...)
}

func equalParentsOnTwoShards(t *testing.T, w *world) {
	w.library(t, "title 1", "title 2")
	var told loadedFrom
	asking := w.with(t, func(c *coordinator.Config) { c.IdentityChooser = told.choose })
	ctx, s := asking.open(t)
	books, err := session.Select[Book](ctx, s, "select id, title from book order by title")
	require.NoError(t, err)
	require.Len(t, books, 2)
	require.Equal(t, books[0].ID, books[1].ID)
	ctx, sent := asking.watch(ctx)
	for range 2 {
		for i, want := range []struct {
			title string
			sent  []int
		}{{"title 1 page 1", []int{0, 1, 0, 0}}, {"title 2 page 1", []int{0, 0, 1, 0}}} {
			pages, err := session.Related[Page](ctx, s, books[i], "book_id")
			require.NoError(t, err)
			require.Len(t, pages, 1)
			require.Equal(t, want.title, pages[0].Title)
			require.Equal(t, books[i].Key().Shard, pages[0].Key().Shard)
			sent.require(t, want.sent...)
		}
	}
}
