package conformance_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

func keysEndInTheShard(t *testing.T, w *world) {
	ctx, s := w.open(t)
	data := newWeather()
	watched, sent := w.watch(ctx)
	require.NoError(t, s.Add(data.objects()...))
	sent.require(t, none...)
	require.NoError(t, s.Flush(watched))
	sent.require(t, 3, 2, 1, 2) // one for each table, and one for the ids
	for i, l := range data.all() {
		want := keyFor(t, "weather_locations", shardLookup[l.Continent], i+1)
		require.Equal(t, want, keyOf(t, l), l.City)
		require.Equal(t, want, l.Key(), l.City)
		for _, r := range l.Reports {
			require.Equal(t, keyFor(t, "weather_reports", shardLookup[l.Continent], 1), keyOf(t, r), l.City)
		}
	}
	require.NoError(t, s.Commit(ctx))
	w.requireLocations(t, rowsOfWeather)

	// The same for what is read, in another session.
	ctx, s = w.open(t)
	read, err := session.Select[Location](ctx, s, "select id, continent, city from weather_locations")
	require.NoError(t, err)
	require.Len(t, read, 7)
	for _, l := range read {
		require.Equal(t, keyFor(t, "weather_locations", shardLookup[l.Continent], l.ID), keyOf(t, l))
	}
}

func childrenGoWithTheirParent(t *testing.T, w *world) {
	ctx, s := w.open(t)
	data := newWeather()
	// Some children are added before their parents, some after, some not at all but by them.
	require.NoError(t, s.Add(data.tokyo.Reports[0], data.newYork))
	require.NoError(t, s.Add(data.newYork.Reports[0], data.tokyo, data.quito))
	require.NoError(t, s.Commit(ctx))
	w.requireReports(t, reportsOfWeather)
	for _, l := range []*Location{data.tokyo, data.newYork, data.quito} {
		require.Equal(t, l.Key().Shard, l.Reports[0].Key().Shard)
		require.Equal(t, l.ID, l.Reports[0].LocationID)
	}

	// A parent that a pin has put elsewhere has its children there, whatever the chooser says of them.
	osaka := &Location{ID: 101, Continent: "Asia", City: "Osaka"}
	require.NoError(t, w.Add(coordinator.OnShard(within(t), europe), osaka))
	ctx, s = w.open(t)
	osaka, err := session.ByKey[Location](ctx, s, osaka.Key())
	require.NoError(t, err)
	osaka.Reports = newLocation("Asia", "Osaka", 30).Reports
	osaka.Reports[0].Location = osaka
	require.NoError(t, s.Add(osaka.Reports[0]))
	require.NoError(t, s.Commit(ctx))
	require.Equal(t, keyFor(t, "weather_reports", europe, 1), osaka.Reports[0].Key())
	reports := maps.Clone(reportsOfWeather)
	reports[europe] = []string{"1 Osaka 30"}
	w.requireReports(t, reports)

	// A parent that isn't there is an error, and nothing is sent.
	for name, orphan := range map[string]*Report{
		"no parent":             {Temperature: 10, ReportTime: noon},
		"a parent by number":    {Temperature: 10, ReportTime: noon, LocationID: data.tokyo.ID},
		"a number that isn't":   {Temperature: 10, ReportTime: noon, LocationID: 4711},
		"a parent of no shard":  {Temperature: 10, ReportTime: noon, Location: &Location{ID: 99, Continent: "Atlantis"}},
		"a parent of elsewhere": {Temperature: 10, ReportTime: noon, LocationID: data.quito.ID, Location: &Location{ID: 99, Continent: "Atlantis"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, s := w.open(t)
			ctx, sent := w.watch(ctx)
			require.ErrorIs(t, addAndFlush(ctx, s, orphan), messages.ErrChooser)
			sent.require(t, none...)
			require.NoError(t, s.Rollback(ctx))
			w.requireReports(t, reports)
		})
	}
}

// addAndFlush returns the error of whichever finds it.
func addAndFlush(ctx context.Context, s *session.Session, object any) error {
	if err := s.Add(object); err != nil {
		return err
	}
	return s.Flush(ctx)
}

func idsFromATable(t *testing.T, w *world) {
	const writers = 100
	var (
		wg    sync.WaitGroup
		taken [writers]int64
		errs  [writers]error
	)
	ctx, sent := w.watch(within(t))
	for i := range writers {
		wg.Go(func() {
			got, err := w.ids.Next(ctx, "weather_locations", 1)
			if err == nil {
				taken[i] = got[0].(int64)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	slices.Sort(taken[:])
	for i, id := range taken {
		require.EqualValues(t, i+1, id, "an id is missing, or was taken twice")
	}
	sent.requireShards(t, northAmerica)
	require.Len(t, w.databases[northAmerica].lines(t, "select * from %s", "weather_ids"), 1)
	for _, id := range shards[1:] {
		_, err := w.databases[id].db.ExecContext(within(t), w.databases[id].real("select * from %s", []string{"weather_ids"}))
		require.Error(t, err, "there is a table of ids on %s, too", id)
	}

	// What a transaction has taken and not used is given again.
	next := func() int64 {
		err := w.InTx(within(t), coordinator.TxOptions{Shards: []messages.ShardID{northAmerica}}, func(ctx context.Context, tx *coordinator.Tx) error {
			got, err := w.ids.Next(ctx, "weather_locations", 1)
			require.NoError(t, err)
			taken[0] = got[0].(int64)
			return errNobody
		})
		require.ErrorIs(t, err, errNobody)
		return taken[0]
	}
	require.Equal(t, next(), next())
}

func rowsAreWhereTheChooserSaid(t *testing.T, w *world) {
	w.fill(t)
	w.requireLocations(t, rowsOfWeather)
	w.requireReports(t, reportsOfWeather)

	// There is no table but those of the shards, under the names that they are to have.
	want := map[string][]string{}
	for _, id := range shards {
		d := w.databases[id]
		for _, table := range tables {
			want[d.source] = append(want[d.source], d.before+table.name)
		}
	}
	first := w.databases[northAmerica]
	want[first.source] = append(want[first.source], first.before+"weather_ids")
	for _, id := range shards {
		d := w.databases[id]
		slices.Sort(want[d.source])
		require.Equal(t, want[d.source], d.tables(t), id)
	}
	for _, d := range w.bare {
		require.Empty(t, d.tables(t))
	}
}

func associationsLandWithTheirParents(t *testing.T, w *world) {
	ctx, s := w.open(t)
	one, two := newBook("title 1"), newBook("title 2")
	ann, ben := &Author{Name: "author 1"}, &Author{Name: "author 2"}
	one.Authors = []*Authorship{{Book: one, Author: ann}}
	ben.Books = []*Authorship{{Book: two, Author: ben}}
	require.NoError(t, s.Add(one, two, ann, ben))
	require.NoError(t, s.Commit(ctx))
	const authorships = "select b.title, a.name from %s x join %s b on b.id = x.book_id join %s a on a.id = x.author_id"
	want := map[messages.ShardID][]string{asia: {"title 1 author 1"}, europe: {"title 2 author 2"}}
	w.requireRows(t, want, authorships, "authorship", "book", "author")
	require.Equal(t, keyFor(t, "authorship", asia, 1, 1), keyOf(t, one.Authors[0]))
	require.Equal(t, keyFor(t, "authorship", europe, 1, 1), keyOf(t, ben.Books[0]))

	// Another author of a book that is there: its association goes where the two are.
	ctx, s = w.open(t)
	again, err := session.ByKey[Book](ctx, s, one.Key())
	require.NoError(t, err)
	second := &Author{Name: "author 1"}
	again.Authors = append(again.Authors, &Authorship{Book: again, Author: second})
	require.NoError(t, s.Add(second, again.Authors[0]))
	require.NoError(t, s.Commit(ctx))
	want[asia] = append(want[asia], "title 1 author 1")
	w.requireRows(t, want, authorships, "authorship", "book", "author")

	// An association of two shards can't be stored.
	ctx, s = w.open(t)
	book, err := session.ByKey[Book](ctx, s, one.Key())
	require.NoError(t, err)
	author, err := session.ByKey[Author](ctx, s, ben.Key())
	require.NoError(t, err)
	ctx, sent := w.watch(ctx)
	require.ErrorIs(t, addAndFlush(ctx, s, &Authorship{Book: book, Author: author}), messages.ErrWrongShard)
	sent.require(t, none...)
	require.NoError(t, s.Rollback(ctx))
	w.requireRows(t, want, authorships, "authorship", "book", "author")
}

func newBook(title string, pages ...string) *Book {
	b := &Book{Title: title}
	for _, p := range pages {
		b.Pages = append(b.Pages, &Page{Title: p, Book: b})
	}
	return b
}

func associationByItself(t *testing.T, w *world) {
	ctx, s := w.open(t)
	book, author := newBook("title 2"), &Author{Name: "author 2"}
	link := &Authorship{Book: book, Author: author}
	require.NoError(t, s.Add(link)) // its parents aren't in the session by themselves
	require.NoError(t, s.Add(book, author))
	require.NoError(t, s.Commit(ctx))
	require.Equal(t, keyFor(t, "authorship", europe, 1, 1), keyOf(t, link))
	w.requireRows(t, map[messages.ShardID][]string{europe: {"1 1"}}, "select book_id, author_id from %s", "authorship")

	// Without its parents there is nothing to decide on: that is an error of the chooser's, and no panic.
	ctx, s = w.open(t)
	ctx, sent := w.watch(ctx)
	require.ErrorIs(t, addAndFlush(ctx, s, &Authorship{BookID: 1, AuthorID: 1}), messages.ErrChooser)
	sent.require(t, none...)
}

func deprecatedChoosers(t *testing.T, _ *world) {
	t.Skip("not applicable on any topology: there never were choosers of another form, so none is called through an adapter")
}
