package conformance_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

func countAndOneAreMerged(t *testing.T, w *world) {
	w.fill(t)
	ctx, sent := w.watch(within(t))
	for text, want := range map[string]int64{
		"select count(*) from weather_locations":                            7,
		"select count(*) from weather_locations where city like 'T%'":       2,
		"select count(*) from weather_reports where temperature > 100":      0,
		"select max(id) from weather_locations":                             7,
		"select count(distinct continent) from weather_locations":           4,
		"select id from weather_locations order by id desc limit 1":         7,
		"select id from weather_locations order by city limit 1":            6,
		"select id from weather_locations order by id limit 1 offset 3":     4,
		"select count(*) from weather_locations where continent = 'Europe'": 2,
	} {
		rows, err := w.Query(ctx, text)
		require.NoError(t, err, text)
		got, err := pgx.CollectRows(rows, pgx.RowTo[int64]) // one row, not one of each shard
		require.NoError(t, err, text)
		require.Equal(t, []int64{want}, got, text)
	}
	sent.reset()

	// One row that is asked for is one, and two are two.
	rows, err := w.Query(ctx, locationsBy, "Quito")
	require.NoError(t, err)
	one, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Location])
	require.NoError(t, err)
	require.EqualValues(t, 7, one.ID)
	rows, err = w.Query(ctx, allLocations)
	require.NoError(t, err)
	_, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Location])
	require.ErrorIs(t, err, pgx.ErrTooManyRows)
	sent.require(t, 2, 2, 2, 2)
}

func insertWithoutAShard(t *testing.T, w *world) {
	const insert = "insert into weather_locations (id, continent, city) values (1, 'Asia', 'Tokyo')"
	bare := w.with(t, func(c *coordinator.Config) { c.ShardChooser, c.IdentityChooser, c.ExecuteChooser = nil, nil, nil })
	ctx, sent := bare.watch(within(t))
	_, err := bare.Exec(ctx, insert)
	require.ErrorIs(t, err, messages.ErrNoRoute)
	sent.require(t, none...)

	// A chooser that says "anywhere" doesn't mean everywhere.
	ctx, sent = w.watch(within(t))
	_, err = w.Exec(ctx, insert)
	require.Error(t, err)
	require.True(t, typed(err), "%v", err)
	sent.require(t, none...)
	err = bare.Add(ctx, &Location{ID: 1, Continent: "Asia", City: "Tokyo"})
	require.ErrorIs(t, err, messages.ErrNoRoute)
	sent.require(t, none...)
	w.requireLocations(t, map[messages.ShardID][]string{})

	// A pin, or a declared table, says where.
	_, err = bare.Exec(coordinator.OnShard(ctx, asia), insert)
	require.NoError(t, err)
	declared := w.with(t, func(c *coordinator.Config) {
		c.ShardChooser, c.ExecuteChooser = nil, nil
		c.Tables = coordinator.Tables{"weather_locations": {Key: "continent", Route: coordinator.Lookup{"Asia": asia, "Europe": europe}}}
	})
	_, err = declared.Exec(within(t), "insert into weather_locations (id, continent, city) values (2, 'Asia', 'Osaka'), (3, 'Europe', 'London')")
	require.NoError(t, err)
	w.requireLocations(t, map[messages.ShardID][]string{asia: {"1 Asia Tokyo", "2 Asia Osaka"}, europe: {"3 Europe London"}})
}

// typed reports whether err is of troupe's codes.
func typed(err error) bool { return err != nil && strings.HasPrefix(err.Error(), "troupe: ") }

func choosersThatAnswerNonsense(t *testing.T, w *world) {
	w.fill(t)
	for name, test := range map[string]struct {
		answer []messages.ShardID
		err    error
		sent   []int
	}{
		"twice":              {[]messages.ShardID{asia, asia, europe, asia}, nil, []int{0, 1, 1, 0}},
		"nil":                {nil, messages.ErrChooser, none},
		"none":               {[]messages.ShardID{}, messages.ErrChooser, none},
		"unknown":            {[]messages.ShardID{"antarctica"}, messages.ErrUnknownShard, none},
		"unknown and known":  {[]messages.ShardID{asia, "antarctica"}, messages.ErrUnknownShard, none},
		"an id without text": {[]messages.ShardID{""}, messages.ErrUnknownShard, none},
	} {
		t.Run(name, func(t *testing.T) {
			odd := w.with(t, func(c *coordinator.Config) {
				c.ExecuteChooser = func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
					return test.answer, nil
				}
				c.IdentityChooser = func(context.Context, *coordinator.IdentityRequest) ([]messages.ShardID, error) {
					return test.answer, nil
				}
			})
			ctx, s := odd.open(t)
			ctx, sent := odd.watch(ctx)
			found, err := session.Select[Location](ctx, s, allLocations)
			if test.err == nil {
				require.NoError(t, err)
				require.Equal(t, []string{"Dublin", "London", "Tokyo"}, citiesOf(found))
			} else {
				require.ErrorIs(t, err, test.err)
			}
			sent.require(t, test.sent...)
			rows, err := odd.Query(ctx, allLocations)
			if test.err == nil {
				require.NoError(t, err)
				require.Len(t, valuesOf(t, rows), 3)
			} else {
				require.ErrorIs(t, err, test.err)
			}
			sent.require(t, test.sent...)
			l, err := coordinator.Get[Location](ctx, odd.Troupe, 1)
			if test.err == nil {
				require.NoError(t, err)
				require.Equal(t, "Tokyo", l.City)
			} else {
				require.ErrorIs(t, err, test.err)
			}
			sent.require(t, test.sent...)
		})
	}
}

func oneChoiceForAGet(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	_, err := session.Get[Location](ctx, s, 1)
	require.NoError(t, err)
	require.EqualValues(t, 1, w.asks.identity.Load())
	require.Zero(t, w.asks.execute.Load())
	_, err = coordinator.Get[Location](ctx, w.Troupe, 1)
	require.NoError(t, err)
	require.EqualValues(t, 2, w.asks.identity.Load())
	require.Zero(t, w.asks.execute.Load())

	// It says one shard, and that is the one that is asked.
	two := w.with(t, func(c *coordinator.Config) {
		c.IdentityChooser = func(context.Context, *coordinator.IdentityRequest) ([]messages.ShardID, error) {
			return []messages.ShardID{southAmerica}, nil
		}
	})
	ctx, s = two.open(t)
	ctx, sent := two.watch(ctx)
	_, err = session.Get[Location](ctx, s, 1)
	require.ErrorIs(t, err, pgx.ErrNoRows)
	sent.require(t, 0, 0, 0, 1)
	quito, err := session.Get[Location](ctx, s, 7)
	require.NoError(t, err)
	require.Equal(t, "Quito", quito.City)
	sent.require(t, 0, 0, 0, 1)
	require.Zero(t, two.asks.execute.Load())
}

func textThatAChooserCantRead(t *testing.T, w *world) {
	w.fill(t)
	ctx, sent := w.watch(within(t))
	for name, text := range map[string]string{
		"no SQL":        "selec * from weather_locations",
		"half a string": "select id from weather_locations where city = 'Tok",
		"two":           "select 1; select 2",
		"nothing":       "",
		"comment":       "-- weather_locations",
	} {
		rows, err := w.Query(ctx, text)
		if err == nil {
			rows.Close()
			err = rows.Err()
		}
		require.Error(t, err, name)
		require.True(t, typed(err), "%s: %v", name, err)
		require.NotErrorIs(t, err, messages.ErrPanic, name)
		sent.require(t, none...)
	}
	for text, want := range map[string][]string{
		"select city from weather_locations where continent = 'A' || 'sia'":                                 {"Tokyo"},
		"select city from weather_locations where 'Asia' = continent":                                       {"Tokyo"},
		"select city from weather_locations where continent = continent and id < 2":                         {"Tokyo"},
		"select city from weather_locations where not (continent <> 'Asia')":                                {"Tokyo"},
		"select city from weather_locations where continent in ('Asia') or city = 'Quito'":                  {"Quito", "Tokyo"},
		"select city from weather_locations where continent = 'Asia' and continent = 'Europe'":              nil,
		"select city from weather_locations where (continent, id) = ('Asia', 1)":                            {"Tokyo"},
		"select city from weather_locations where case when continent = 'Asia' then id < 9 else id < 2 end": {"Tokyo"},
	} {
		rows, err := w.Query(ctx, text)
		require.NoError(t, err, text)
		cities, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err, text)
		require.ElementsMatch(t, want, cities, text)
	}
}

// rowsBeforeTheLastShard reads the first rows of an answer that has billions, so that no shard is through when they come.
func rowsBeforeTheLastShard(t *testing.T, w *world) {
	w.fill(t)
	ten := "(values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))"
	text := "select l.id from weather_locations l"
	for _, alias := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"} {
		text += " cross join " + ten + " as " + alias
	}
	ctx, sent := w.watch(within(t))
	rows, err := w.Query(ctx, text)
	require.NoError(t, err)
	seen := map[messages.ShardID]bool{}
	for len(seen) < len(shards) && rows.Next() {
		seen[coordinator.ShardOf(rows)] = true
	}
	rows.Close()
	require.NoError(t, rows.Err())
	require.Len(t, seen, len(shards))
	sent.require(t, each...)

	// All connections are free again.
	require.Equal(t, []float64{75, 80, 85}, w.temperatures(t, ctx))
}
