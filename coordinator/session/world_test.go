package session_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

type location struct {
	coordinator.Identity
	ID        int64     `db:"id,pk"`
	Continent string    `db:"continent"`
	City      string    `db:"city"`
	Reports   []*report `db:"-" many:"location_id"`
}

func (*location) TableName() string { return "locations" }

type report struct {
	coordinator.Identity
	ID         int64     `db:"id,pk"`
	LocationID *int64    `db:"location_id"`
	Degrees    float64   `db:"degrees"`
	Location   *location `db:"-" ref:"location_id"`
}

func (*report) TableName() string { return "reports" }

// account has its key from the database, counts its changes, and may be part of another.
type account struct {
	coordinator.Identity
	ID      int64    `db:"id,pk,auto"`
	Region  string   `db:"region"`
	Balance int64    `db:"balance"`
	Within  *int64   `db:"within"`
	Version int      `db:"version,version"`
	Parent  *account `db:"-" ref:"within"`
	Entries []*entry `db:"-" many:"account"`
}

func (*account) TableName() string { return "accounts" }

type entry struct {
	coordinator.Identity
	ID      int64    `db:"id,pk,auto"`
	Account int64    `db:"account"`
	Amount  int64    `db:"amount"`
	Owner   *account `db:"-" ref:"account"`
}

func (*entry) TableName() string { return "entries" }

const (
	northAmerica = messages.ShardID("north_america")
	asia         = messages.ShardID("asia")
	europe       = messages.ShardID("europe")
)

var continents = map[string]messages.ShardID{"North America": northAmerica, "Asia": asia, "Europe": europe}

// schema is in both dialects; the first verb is the type of a key that the database gives.
const schema = `
create table locations (id bigint primary key, continent text not null, city text not null);
create table reports (id bigint primary key, location_id bigint references locations (id), degrees double precision);
create table accounts (id %[1]s, region text not null, balance bigint not null, within bigint references accounts (id), version integer not null);
create index within on accounts (within);
create table entries (id %[1]s, account bigint not null references accounts (id), amount bigint not null);
create table tags (id bigint not null, lang text not null, word text, primary key (id, lang))`

// counter is a source of keys 1, 2, 3, ….
type counter struct {
	mu    sync.Mutex
	next  int64
	calls []string
}

func (c *counter) Next(_ context.Context, table string, n int) ([]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, fmt.Sprint(table, " ", n))
	keys := make([]any, n)
	for i := range keys {
		c.next++
		keys[i] = c.next
	}
	return keys, nil
}

// world is a troupe of three shards.
type world struct {
	*coordinator.Troupe
	ids      *counter
	postgres bool
	asked    *choices
}

// choices are what choosers were asked.
type choices struct {
	mu   sync.Mutex
	list []string
}

func (c *choices) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

func (c *choices) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

// everywhere runs a test on three SQLite databases and on three of PostgreSQL.
func everywhere(t *testing.T, test func(t *testing.T, w *world), change ...func(*coordinator.Config)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, newWorld(t, false, func() string { return "sqlite::memory:" }, change))
	})
	t.Run("postgresql", func(t *testing.T) {
		test(t, newWorld(t, true, func() string { return pgtest.Shared(t).DSN() }, change))
	})
}

func newWorld(t *testing.T, postgres bool, dsn func() string, change []func(*coordinator.Config)) *world {
	w := &world{ids: &counter{}, postgres: postgres, asked: &choices{}}
	cfg := coordinator.Config{
		ShardChooser: func(_ context.Context, instance any) (messages.ShardID, error) {
			w.asked.note("shard %T", instance)
			switch o := instance.(type) {
			case *location:
				return continents[o.Continent], nil
			case *account:
				return continents[o.Region], nil
			case *report:
				if o.Location != nil {
					return continents[o.Location.Continent], nil
				}
			}
			return "", fmt.Errorf("no shard for a %T", instance)
		},
		IdentityChooser: func(_ context.Context, r *coordinator.IdentityRequest) ([]messages.ShardID, error) {
			w.asked.note("identity %s from %T", r.Table, r.LoadedFrom)
			if key, ok := coordinator.KeyOf(r.LoadedFrom); ok {
				return []messages.ShardID{key.Shard}, nil
			}
			return []messages.ShardID{northAmerica, asia, europe}, nil
		},
		ExecuteChooser: func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
			return []messages.ShardID{northAmerica, asia, europe}, nil
		},
	}
	for _, id := range []messages.ShardID{northAmerica, asia, europe} {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, DSN: shardworker.DSN(dsn())})
	}
	for _, c := range change {
		c(&cfg)
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	w.Troupe = troupe
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	auto := "integer primary key"
	if postgres {
		auto = "bigserial primary key"
	}
	for ddl := range strings.SplitSeq(fmt.Sprintf(schema, auto), ";") {
		w.exec(t, ddl)
	}
	return w
}

// exec runs a statement on every shard.
func (w *world) exec(t *testing.T, sql string, args ...any) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := w.Exec(coordinator.AllShards(ctx), sql, args...)
	require.NoError(t, err)
}

// session returns a session that is closed with the test.
func (w *world) session(t *testing.T) *session.Session {
	s := session.New(t.Context(), w.Troupe, w.config())
	t.Cleanup(s.Close)
	return s
}

func (w *world) config() session.Config {
	return session.Config{IDs: map[string]ids.Source{"locations": w.ids, "reports": w.ids}}
}

// rows returns what a statement finds on each shard, outside of any session: each row as its values, in a line.
func (w *world) rows(t *testing.T, sql string) map[messages.ShardID][]string {
	found := map[messages.ShardID][]string{}
	for _, shard := range w.Shards() {
		rows, err := w.Query(coordinator.OnShard(t.Context(), shard), sql)
		require.NoError(t, err)
		lines, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (string, error) {
			values, err := r.Values()
			return strings.TrimSuffix(fmt.Sprintln(values...), "\n"), err
		})
		require.NoError(t, err)
		if len(lines) > 0 {
			found[shard] = lines
		}
	}
	return found
}

type onShards = map[messages.ShardID][]string

// watched is a context whose statements are noted.
type watched struct {
	context.Context
	*coordinator.Touched
}

func watch(t *testing.T) watched {
	ctx, touched := coordinator.WatchTouched(t.Context())
	return watched{ctx, touched}
}

// calls returns the statements since the last time, by their first two words and shards, sorted.
func (w watched) calls() []string {
	var calls []string
	for _, c := range w.Calls() {
		words := strings.Fields(c.SQL)
		calls = append(calls, fmt.Sprint(words[0], " ", tableOf(c.SQL), " ", c.Shards))
	}
	w.Reset()
	slices.Sort(calls)
	return calls
}

func tableOf(sql string) string {
	for _, table := range []string{"locations", "reports", "accounts", "entries", "tags"} {
		if strings.Contains(sql, `"`+table+`"`) || strings.Contains(sql, " "+table) {
			return table
		}
	}
	return "?"
}

const patience = 20 * time.Second

func newPostgres(t *testing.T) *world {
	return newWorld(t, true, func() string { return pgtest.Shared(t).DSN() }, nil)
}
