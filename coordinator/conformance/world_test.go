package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// world is a troupe over a topology, whose tables are empty when a behaviour begins.
type world struct {
	topology string
	ground
	*coordinator.Troupe
	sent *statements // what its shards got
	ids  ids.Source
	asks asks
	last **session.Session // that was opened on these databases, by this troupe or another
}

// asks counts what the choosers were asked.
type asks struct{ shard, identity, execute atomic.Int64 }

func (a *asks) reset() {
	a.shard.Store(0)
	a.identity.Store(0)
	a.execute.Store(0)
}

// newWorld lays a topology and makes its tables, through troupe.
func newWorld(t *testing.T, o topology) *world {
	t.Helper()
	w := &world{topology: o.name, ground: o.lay(t), last: new(*session.Session)}
	w.spawn(t, nil)
	for _, id := range shards {
		backend, err := w.Shard(id)
		require.NoError(t, err)
		for _, table := range tables {
			sql := table.create(backend.Dialect())
			_, err := w.Exec(coordinator.OnShard(within(t), id), sql)
			require.NoError(t, err, "%s on %s", sql, id)
		}
	}
	table := idsOf(t, w.Troupe)
	require.NoError(t, table.Create(within(t)))
	w.ids = table
	return w
}

// idsOf returns the ids that a table in the first shard counts.
func idsOf(t *testing.T, troupe *coordinator.Troupe) *ids.Table {
	t.Helper()
	table, err := ids.NewTable(troupe, ids.TableConfig{Shard: northAmerica, Table: "weather_ids", Block: 1})
	require.NoError(t, err)
	return table
}

// spawn starts the troupe, with SQLAlchemy's choosers where change sets no others.
func (w *world) spawn(t *testing.T, change func(*coordinator.Config)) {
	t.Helper()
	w.sent = new(statements)
	cfg := coordinator.Config{
		Shards:          w.shards(t),
		ShardChooser:    w.chooseShard,
		IdentityChooser: w.chooseForKey,
		ExecuteChooser:  w.chooseForStatement,
		Logger:          slog.New(slog.NewTextHandler(io.Discard, nil)),
		Echo:            slog.New(w.sent),
	}
	if change != nil {
		change(&cfg)
	}
	troupe, err := coordinator.Spawn(within(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(within(t))) })
	w.Troupe = troupe
}

// with returns the world with another troupe over the same databases, or some of them.
func (w *world) with(t *testing.T, change func(*coordinator.Config)) *world {
	t.Helper()
	other := &world{topology: w.topology, ground: w.ground, last: w.last}
	other.spawn(t, change)
	if len(other.Shards()) == len(shards) {
		other.ids = idsOf(t, other.Troupe)
	}
	return other
}

// refresh empties all tables.
func (w *world) refresh(t *testing.T) {
	t.Helper()
	for _, id := range shards {
		w.databases[id].empty(t)
	}
	w.databases[northAmerica].exec(t, "delete from %s", "weather_ids")
	w.asks.reset()
}

// chooseShard is SQLAlchemy's shard_chooser: a continent's shard for a location, its location's for a report. Books and their like
// go by their titles.
func (w *world) chooseShard(_ context.Context, object any) (messages.ShardID, error) {
	w.asks.shard.Add(1)
	return shardOf(object)
}

var errNobody = errors.New("there is no object to go by")

func shardOf(object any) (messages.ShardID, error) {
	known := func(lookup map[string]messages.ShardID, key string) (messages.ShardID, error) {
		if shard, ok := lookup[key]; ok {
			return shard, nil
		}
		return "", fmt.Errorf("no shard for %q", key)
	}
	switch o := object.(type) {
	case *Location:
		return known(shardLookup, o.Continent)
	case *Report:
		if o.Location == nil {
			return "", errNobody
		}
		return shardOf(o.Location)
	case *Book:
		return known(bookshelf, o.Title)
	case *Author:
		return known(bookshelf, o.Name)
	case *Page:
		if o.Book == nil {
			return "", errNobody
		}
		return shardOf(o.Book)
	case *Authorship:
		if o.Book == nil {
			return "", errNobody
		}
		return shardOf(o.Book)
	case *Pledge:
		return shards[o.ID%int64(len(shards))], nil
	default:
		return "", fmt.Errorf("no shard for a %T", object)
	}
}

// chooseForKey is SQLAlchemy's identity_chooser: a key may be anywhere.
func (w *world) chooseForKey(context.Context, *coordinator.IdentityRequest) ([]messages.ShardID, error) {
	w.asks.identity.Add(1)
	return shards, nil
}

// chooseForStatement is SQLAlchemy's execute_chooser: it goes by what the statement says of the column continent.
func (w *world) chooseForStatement(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
	w.asks.execute.Add(1)
	continents, ok, err := r.Values("continent")
	if err != nil || !ok {
		return shards, err
	}
	var found []messages.ShardID
	for _, continent := range continents {
		found = append(found, shardLookup[continent.(string)])
	}
	return found, nil
}

// open begins a session and closes the one before: on SQLite a session that may write keeps others from it.
func (w *world) open(t *testing.T) (context.Context, *session.Session) {
	t.Helper()
	if *w.last != nil {
		(*w.last).Close()
	}
	ctx, s := w.begin(t, coordinator.TxOptions{})
	*w.last = s
	return ctx, s
}

// begin begins a session, which is closed with the test.
func (w *world) begin(t *testing.T, o coordinator.TxOptions) (context.Context, *session.Session) {
	t.Helper()
	ctx := within(t)
	s := session.New(ctx, w.Troupe, session.Config{Tx: o, IDs: map[string]ids.Source{"weather_locations": w.ids}})
	t.Cleanup(s.Close)
	return ctx, s
}

// weather is SQLAlchemy's data.
type weather struct {
	tokyo, newYork, toronto, london, dublin, brasilia, quito *Location
}

func newWeather() weather {
	return weather{
		tokyo:    newLocation("Asia", "Tokyo", 80),
		newYork:  newLocation("North America", "New York", 75),
		toronto:  newLocation("North America", "Toronto"),
		london:   newLocation("Europe", "London"),
		dublin:   newLocation("Europe", "Dublin"),
		brasilia: newLocation("South America", "Brasilia"),
		quito:    newLocation("South America", "Quito", 85),
	}
}

// all returns the locations in the order in which they are added, so that they get the ids from 1 to 7.
func (w weather) all() []*Location {
	return []*Location{w.tokyo, w.newYork, w.toronto, w.london, w.dublin, w.brasilia, w.quito}
}

func (w weather) objects() []any { return objectsOf(w.all()) }

func objectsOf[T any](list []*T) []any {
	var objects []any
	for _, o := range list {
		objects = append(objects, o)
	}
	return objects
}

// noon is when all reports were made. PostgreSQL keeps microseconds.
var noon = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func newLocation(continent, city string, temperatures ...float64) *Location {
	l := &Location{Continent: continent, City: city}
	for _, degrees := range temperatures {
		l.Reports = append(l.Reports, &Report{Temperature: degrees, ReportTime: noon, Location: l})
	}
	return l
}

// fill writes SQLAlchemy's data in a session of its own and returns it.
func (w *world) fill(t *testing.T) weather {
	t.Helper()
	ctx, s := w.open(t)
	data := newWeather()
	require.NoError(t, s.Add(data.objects()...))
	require.NoError(t, s.Commit(ctx))
	s.Close()
	return data
}

// keyOf returns the key of an object that was read or written.
func keyOf(t *testing.T, object any) messages.Key {
	t.Helper()
	key, ok := coordinator.KeyOf(object)
	require.True(t, ok, "%T has no key", object)
	return key
}

// keyFor returns what the key of a row is to be.
func keyFor(t *testing.T, table string, shard messages.ShardID, pk ...any) messages.Key {
	t.Helper()
	primary, err := messages.NewPrimaryKey(pk...)
	require.NoError(t, err)
	return messages.Key{Table: table, PK: primary, Shard: shard}
}

// requireRows requires what a query answers on each shard's database, looked at directly. Shards that aren't named have no rows.
func (w *world) requireRows(t *testing.T, want map[messages.ShardID][]string, query string, names ...string) {
	t.Helper()
	got := map[messages.ShardID][]string{}
	for _, id := range shards {
		if lines := w.databases[id].lines(t, query, names...); len(lines) > 0 {
			got[id] = lines
		}
	}
	require.Equal(t, want, got, query)
}

// requireIdle requires that no transaction is left open: nobody holds a lock, nor a snapshot.
func (w *world) requireIdle(t *testing.T, after behaviour) {
	t.Helper()
	for id, d := range w.databases {
		if d.dialect == messages.SQLite {
			_, err := d.db.ExecContext(within(t), "pragma busy_timeout = 0; begin immediate; rollback; pragma busy_timeout = 10000")
			require.NoError(t, err, "%s after %s", id, after.title())
			continue
		}
		left := d.lines(t, `select pid, query from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid() and state like 'idle in transaction%'`)
		require.Empty(t, left, "%s after %s", id, after.title())
	}
}

const (
	realLocations = "select id, continent, city from %s order by id"
	realReports   = "select r.id, l.city, r.temperature from %s r left join %s l on l.id = r.location_id order by r.id"
)

// requireLocations and requireReports require what the tables really have.
func (w *world) requireLocations(t *testing.T, want map[messages.ShardID][]string) {
	t.Helper()
	w.requireRows(t, want, realLocations, "weather_locations")
}

func (w *world) requireReports(t *testing.T, want map[messages.ShardID][]string) {
	t.Helper()
	w.requireRows(t, want, realReports, "weather_reports", "weather_locations")
}

// rowsOfWeather and reportsOfWeather are where the rows of weather are.
var (
	rowsOfWeather = map[messages.ShardID][]string{
		northAmerica: {"2 North America New York", "3 North America Toronto"}, asia: {"1 Asia Tokyo"},
		europe: {"4 Europe London", "5 Europe Dublin"}, southAmerica: {"6 South America Brasilia", "7 South America Quito"},
	}
	reportsOfWeather = map[messages.ShardID][]string{
		northAmerica: {"1 New York 75"}, asia: {"1 Tokyo 80"}, southAmerica: {"1 Quito 85"},
	}
)
