package conformance_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

func changedShardKey(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	toronto, err := session.Get[Location](ctx, s, 3)
	require.NoError(t, err)
	toronto.Continent = "Europe"
	watched, sent := w.watch(ctx)
	require.ErrorIs(t, s.Flush(watched), messages.ErrWrongShard)
	sent.require(t, none...)
	require.NoError(t, s.Rollback(ctx))
	w.requireLocations(t, rowsOfWeather)

	// A commit finds it out, too.
	ctx, s = w.open(t)
	toronto, err = session.Get[Location](ctx, s, 3)
	require.NoError(t, err)
	toronto.Continent = "Europe"
	require.ErrorIs(t, s.Commit(ctx), messages.ErrWrongShard)
	s.Close()
	w.requireLocations(t, rowsOfWeather)

	// Who means it says so.
	ctx, s = w.open(t)
	toronto, err = session.Get[Location](ctx, s, 3)
	require.NoError(t, err)
	toronto.Continent = "Europe"
	require.NoError(t, s.MoveRow(ctx, toronto))
	require.NoError(t, s.Commit(ctx))
	require.Equal(t, keyFor(t, "weather_locations", europe, 3), toronto.Key())
	w.requireLocations(t, map[messages.ShardID][]string{
		northAmerica: {"2 North America New York"}, asia: {"1 Asia Tokyo"},
		europe:       {"3 Europe Toronto", "4 Europe London", "5 Europe Dublin"},
		southAmerica: {"6 South America Brasilia", "7 South America Quito"},
	})

	// A row that others depend on doesn't leave them behind, whether the session knows them or the foreign key alone does.
	for name, test := range map[string]struct {
		known bool
		code  messages.Code
	}{"known": {true, messages.ErrWrongShard}, "unknown": {false, messages.ErrStatement}} {
		t.Run(name, func(t *testing.T) {
			ctx, s := w.open(t)
			tokyo, err := session.Get[Location](ctx, s, 1)
			require.NoError(t, err)
			if test.known {
				require.NoError(t, s.Load(ctx, "Reports", tokyo))
			}
			tokyo.Continent = "Europe"
			require.ErrorIs(t, s.MoveRow(ctx, tokyo), test.code)
			require.ErrorIs(t, s.Commit(ctx), messages.ErrTxAborted)
			require.NoError(t, s.Rollback(ctx))
			w.requireReports(t, reportsOfWeather)
			w.requireRows(t, map[messages.ShardID][]string{asia: {"1 Asia Tokyo"}}, "select id, continent, city from %s where id = 1", "weather_locations")
		})
	}
}

func parentOnAnotherShard(t *testing.T, w *world) {
	w.fill(t)
	begin := func() (context.Context, *session.Session, *Report, *Location) {
		ctx, s := w.open(t)
		report, err := session.Get[Report](coordinator.WithToken(ctx, asia), s, 1)
		require.NoError(t, err)
		london, err := session.Get[Location](ctx, s, 4)
		require.NoError(t, err)
		return ctx, s, report, london
	}
	for name, change := range map[string]func(*Report, *Location){
		"the parent":            func(r *Report, l *Location) { r.Location = l },
		"the parent and number": func(r *Report, l *Location) { r.Location, r.LocationID = l, l.ID },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, s, report, london := begin()
			change(report, london)
			watched, sent := w.watch(ctx)
			require.ErrorIs(t, s.Flush(watched), messages.ErrWrongShard)
			sent.require(t, none...)
			require.NoError(t, s.Rollback(ctx))
			w.requireReports(t, reportsOfWeather)
		})
	}
	// So is its number alone, which the shard is asked for where the session doesn't know it.
	for name, number := range map[string]int64{"known": 4, "unknown": 5, "of nobody": 4711} {
		t.Run(name, func(t *testing.T) {
			ctx, s, report, _ := begin()
			report.LocationID = number
			require.ErrorIs(t, s.Commit(ctx), messages.ErrWrongShard)
			s.Close()
			w.requireReports(t, reportsOfWeather)
		})
	}
}

func savepointsUndoWhatWasFlushed(t *testing.T, w *world) {
	ctx, s := w.open(t)
	newYork, toronto, tokyo := newLocation("North America", "New York", 75), newLocation("North America", "Toronto"), newLocation("Asia", "Tokyo", 80)
	require.NoError(t, s.Add(newYork))
	require.NoError(t, s.Flush(ctx))
	inner, err := s.Begin(ctx)
	require.NoError(t, err)
	require.NoError(t, s.Add(toronto, tokyo)) // tokyo's shard joins inside of the savepoint
	newYork.City = "New Amsterdam"
	require.NoError(t, s.Flush(ctx))
	require.NoError(t, inner.Rollback(ctx))
	require.Equal(t, "New York", newYork.City, "objects are what they were")
	require.Equal(t, northAmerica, keyOf(t, newYork).Shard)
	for _, object := range []any{toronto, tokyo, tokyo.Reports[0]} {
		_, there := coordinator.KeyOf(object)
		require.False(t, there)
	}
	kept, err := s.Begin(ctx)
	require.NoError(t, err)
	london := newLocation("Europe", "London")
	require.NoError(t, s.Add(london))
	require.NoError(t, s.Flush(ctx))
	require.NoError(t, kept.Release(ctx))
	require.NoError(t, s.Refresh(ctx, newYork))
	require.Equal(t, "New York", newYork.City)
	require.NoError(t, s.Commit(ctx))
	const cities = "select city from %s order by city"
	w.requireRows(t, map[messages.ShardID][]string{northAmerica: {"New York"}, europe: {"London"}}, cities, "weather_locations")
	w.requireRows(t, map[messages.ShardID][]string{northAmerica: {"75"}}, "select temperature from %s", "weather_reports")

	// The same by statements.
	tx, err := w.BeginAll(ctx, coordinator.TxOptions{})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(ctx) }()
	insert := func(tx pgx.Tx, shard messages.ShardID, id int, city string) {
		t.Helper()
		_, err := tx.Exec(coordinator.OnShard(ctx, shard), "insert into weather_locations (id, continent, city) values ($1, 'any', $2)", id, city)
		require.NoError(t, err)
	}
	insert(tx, northAmerica, 101, "Boston")
	nested, err := tx.Begin(ctx)
	require.NoError(t, err)
	insert(nested, northAmerica, 102, "Chicago")
	insert(nested, asia, 103, "Osaka")
	require.NoError(t, nested.Rollback(ctx))
	if !w.together {
		require.Equal(t, []messages.ShardID{northAmerica}, tx.Shards(), "the shard that joined takes part no more")
	}
	insert(tx, asia, 104, "Kyoto")
	require.NoError(t, tx.Commit(ctx))
	w.requireRows(t, map[messages.ShardID][]string{northAmerica: {"Boston", "New York"}, asia: {"Kyoto"}, europe: {"London"}}, cities, "weather_locations")
}

func commitThatFailsInTheMiddle(t *testing.T, w *world) {
	pledge := func(id, promise int64) *Pledge { return &Pledge{ID: id, Promise: promise} }
	for name, write := range map[string]func(context.Context, ...any) error{
		"session": func(ctx context.Context, pledges ...any) error {
			s := session.New(ctx, w.Troupe, session.Config{})
			defer s.Close()
			require.NoError(t, s.Add(pledges...))
			return s.Commit(ctx)
		},
		"transaction": func(ctx context.Context, pledges ...any) error {
			return w.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, _ *coordinator.Tx) error {
				return w.Add(ctx, pledges...)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.refresh(t)
			pledges := []any{pledge(4, 4), pledge(1, 99), pledge(2, 2)} // 99 isn't there, which asia finds out at its commit
			err := write(within(t), pledges...)
			require.Error(t, err)
			var failed *coordinator.CommitError
			rows := map[messages.ShardID][]string{}
			if w.together {
				require.NotErrorIs(t, err, messages.ErrPartialCommit)
				require.ErrorIs(t, err, messages.ErrStatement)
			} else {
				require.ErrorIs(t, err, messages.ErrPartialCommit)
				require.ErrorAs(t, err, &failed)
				require.Empty(t, failed.Unknown)
				require.Equal(t, northAmerica, failed.Committed[0].Shard)
				for _, o := range failed.Committed {
					require.NoError(t, o.Err)
					rows[o.Shard] = map[messages.ShardID][]string{northAmerica: {"4 4"}, europe: {"2 2"}}[o.Shard]
				}
				causes := map[messages.ShardID]error{}
				for _, o := range failed.Failed {
					causes[o.Shard] = o.Err
				}
				require.ErrorIs(t, causes[asia], messages.ErrStatement)
				require.Equal(t, 3, len(failed.Committed)+len(failed.Failed), "each enlisted shard once")
			}
			// What the error says is what the tables have, and what the objects say.
			w.requireRows(t, rows, "select id, promise from %s", "pledge")
			if name != "session" {
				return // a transaction knows no objects
			}
			for _, object := range pledges {
				key, there := coordinator.KeyOf(object)
				shard, err := shardOf(object)
				require.NoError(t, err)
				require.Equal(t, len(rows[shard]) > 0, there, shard)
				require.True(t, !there || key.Shard == shard)
			}
		})
	}
	// If the first commit fails, nothing is committed anywhere.
	w.refresh(t)
	ctx, s := w.open(t)
	require.NoError(t, s.Add(pledge(4, 99), pledge(1, 1), pledge(3, 3)))
	err := s.Commit(ctx)
	require.ErrorIs(t, err, messages.ErrStatement)
	require.NotErrorIs(t, err, messages.ErrPartialCommit)
	w.requireRows(t, map[messages.ShardID][]string{}, "select id, promise from %s", "pledge")

	// All goes on: no transaction was left open.
	require.NoError(t, s.Add(pledge(4, 4), pledge(1, 1)))
	require.NoError(t, s.Commit(ctx))
	w.requireRows(t, map[messages.ShardID][]string{northAmerica: {"4 4"}, asia: {"1 1"}}, "select id, promise from %s", "pledge")
}

func shardThatFailsInARead(t *testing.T, w *world) {
	w.fill(t)
	d := w.databases[europe]
	rename := func(from, to string) {
		d.exec(t, `alter table %s rename to "`+to+`"`, from)
	}
	hidden := d.before + "hidden"
	if d.dialect == messages.PostgreSQL {
		hidden = "hidden"
	}
	rename("weather_reports", hidden)
	defer func() {
		original := "weather_reports"
		if d.dialect == messages.SQLite {
			original = d.before + original
		}
		rename("hidden", original)
	}()
	ctx, sent := w.watch(within(t))
	rows, err := w.Query(ctx, allReports)
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
	}
	require.ErrorIs(t, err, messages.ErrStatement)
	named := messages.ShardErrors(err)
	require.Len(t, named, 1)
	require.Equal(t, europe, named[0].Shard)
	sent.require(t, each...)

	ctx, s := w.open(t)
	_, err = session.Select[Report](ctx, s, allReports)
	require.ErrorIs(t, err, messages.ErrStatement)
	_, err = session.Select[Report](ctx, s, allReports)
	require.ErrorIs(t, err, messages.ErrTxAborted, "a transaction of which a statement has failed does nothing more")
	require.NoError(t, s.Rollback(ctx))

	// The other shards have let go, and go on answering.
	rows, err = w.Query(coordinator.OnShards(within(t), []messages.ShardID{northAmerica, asia, southAmerica}), allReports)
	require.NoError(t, err)
	require.Len(t, valuesOf(t, rows), 3)
}

func tokenOverridesNoChooser(t *testing.T, w *world) {
	ctx := coordinator.WithToken(within(t), europe)
	tokyo := &Location{ID: 101, Continent: "Asia", City: "Tokyo"}
	require.NoError(t, w.Add(ctx, tokyo))
	require.Equal(t, asia, tokyo.Key().Shard)

	_, s := w.open(t)
	require.NoError(t, s.Add(newLocation("Asia", "Osaka")))
	require.NoError(t, s.Commit(ctx))
	w.requireRows(t, map[messages.ShardID][]string{asia: {"Osaka", "Tokyo"}}, "select city from %s order by city", "weather_locations")

	// A pin is no token: it says where, and the key says so.
	madrid := &Location{ID: 103, Continent: "Asia", City: "Madrid"}
	require.NoError(t, w.Add(coordinator.OnShard(ctx, europe), madrid))
	require.Equal(t, europe, madrid.Key().Shard)
	w.requireRows(t, map[messages.ShardID][]string{asia: {"Osaka", "Tokyo"}, europe: {"Madrid"}}, "select city from %s order by city", "weather_locations")

	// A key that an object has from before is no pin: it can't be added once more.
	_, s = w.open(t)
	err := addAndFlush(ctx, s, madrid)
	require.True(t, typed(err), "%v", err)
}

func eagerLoadsByShard(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	ctx, sent := w.watch(ctx)
	all, err := session.Select[Location](ctx, s, allLocations)
	require.NoError(t, err)
	sent.require(t, each...)
	var reported []any
	for _, l := range all {
		if l.City == "Tokyo" || l.City == "Quito" {
			reported = append(reported, l)
		}
	}
	require.NoError(t, s.Load(ctx, "Reports", reported...))
	sent.require(t, 0, 1, 0, 1)
	require.NoError(t, s.Load(ctx, "Reports", objectsOf(all)...))
	sent.require(t, each...) // n statements for n shards, and not n times n
	for _, l := range all {
		for _, r := range l.Reports {
			require.Equal(t, l.Key().Shard, r.Key().Shard)
			require.Equal(t, l.ID, r.LocationID)
		}
	}
	require.NoError(t, s.Load(ctx, "Reports"))
	sent.require(t, none...)
}

func deleteAndRefreshSendWhatTheyNeed(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	quito, err := session.Get[Location](ctx, s, 7)
	require.NoError(t, err)
	report, err := session.Get[Report](coordinator.WithToken(ctx, southAmerica), s, 1)
	require.NoError(t, err)
	ctx, sent := w.watch(ctx)
	require.NoError(t, s.Refresh(ctx, quito))
	sent.require(t, 0, 0, 0, 1)
	require.NoError(t, s.Delete(quito, report)) // in an order that the foreign key wouldn't take
	sent.require(t, none...)
	require.NoError(t, s.Commit(ctx))
	sent.require(t, 0, 0, 0, 2)
	w.requireReports(t, map[messages.ShardID][]string{northAmerica: {"1 New York 75"}, asia: {"1 Tokyo 80"}})
	w.requireRows(t, map[messages.ShardID][]string{southAmerica: {"6 South America Brasilia"}},
		"select id, continent, city from %s where continent = 'South America'", "weather_locations")
}
