package coordinator_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// cast is a troupe over fake shards.
type cast struct {
	*coordinator.Troupe
	fakes map[messages.ShardID]*fake.Backend
	log   *journal
}

// spawn returns a troupe over n fake shards s0, s1, …, closed when the test ends.
func spawn(t *testing.T, n int, change func(*coordinator.Config), fc ...fake.Config) cast {
	t.Helper()
	c := spawnOpen(t, n, change, fc...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, c.Close(ctx))
		c.requireReleased(t)
	})
	return c
}

// spawnOpen is spawn for a test that closes the troupe itself.
func spawnOpen(t *testing.T, n int, change func(*coordinator.Config), fc ...fake.Config) cast {
	t.Helper()
	c := cast{fakes: map[messages.ShardID]*fake.Backend{}, log: new(journal)}
	cfg := coordinator.Config{Logger: slog.New(slog.NewTextHandler(c.log, nil))}
	for i := range n {
		id := messages.ShardID(fmt.Sprintf("s%d", i))
		config := fake.Config{Dialect: messages.SQLite}
		if len(fc) > 0 {
			config = fc[min(i, len(fc)-1)]
		}
		c.fakes[id] = fake.New(config)
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: c.fakes[id]})
	}
	if change != nil {
		change(&cfg)
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	c.Troupe = troupe
	return c
}

// reply scripts the same answer on every shard.
func (c cast) reply(sql string, r fake.Result) {
	for _, f := range c.fakes {
		f.Reply(sql, r)
	}
}

// asked returns how many statements each shard got, for those that got any.
func (c cast) asked() map[messages.ShardID]int {
	asked := map[messages.ShardID]int{}
	for id, f := range c.fakes {
		if n := len(f.Statements()); n > 0 {
			asked[id] = n
		}
	}
	return asked
}

// requireReleased waits until no shard holds a connection and no call a place.
func (c cast) requireReleased(t require.TestingT) {
	require.Eventually(t, func() bool {
		for _, f := range c.fakes {
			if f.Stats().InUse > 0 {
				return false
			}
		}
		return c.Admitted() == 0
	}, patience, 200*time.Microsecond, "connections or places are still held")
}

// journal keeps what is logged.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

var _ io.Writer = (*journal)(nil)

// numbered is n rows of (n bigint, pad text), numbered from 0.
func numbered(n int) fake.Result {
	return fake.Rows(fake.Column("n", pgtype.Int8OID), fake.Column("pad", pgtype.TextOID)).
		Generate(n, func(i int) []any { return []any{int64(i), "some text that takes its place"} })
}

// one is a single row with a single bigint.
func one(n int64) fake.Result { return fake.Rows(fake.Column("n", pgtype.Int8OID)).Row(n) }

// readNumbered reads numbered rows to their end and returns how many came from each shard. A gap fails the test.
func readNumbered(t require.TestingT, rows pgx.Rows) map[messages.ShardID]int64 {
	next := map[messages.ShardID]int64{}
	for rows.Next() {
		var n int64
		require.NoError(t, rows.Scan(&n, nil))
		shard := coordinator.ShardOf(rows)
		require.Equal(t, next[shard], n, "a gap or a repetition on %s", shard)
		next[shard]++
	}
	return next
}

// requireShard requires that err is troupe's error about shard.
func requireShard(t require.TestingT, err error, shard messages.ShardID) *messages.Error {
	var e *messages.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, shard, e.Shard, "%v", err)
	return e
}

// receive waits for a value, or for the end of a channel.
func receive[T any](t require.TestingT, from <-chan T) T {
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// within bounds a test's call that should return at once.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
