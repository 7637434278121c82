package conformance_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/troupetest"
	"github.com/troupedb/troupe/messages"
)

// statements is a handler for Config.Echo, which is told of every statement that a shard gets.
type statements struct {
	mu   sync.Mutex
	list []statement
}

// statement is one that was sent to a shard, as it was sent.
type statement struct {
	shard messages.ShardID
	sql   string
}

func (s *statements) Enabled(context.Context, slog.Level) bool { return true }

func (s *statements) Handle(_ context.Context, r slog.Record) error {
	var got statement
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "shard":
			got.shard = messages.ShardID(a.Value.String())
		case "sql":
			got.sql = a.Value.String()
		}
		return true
	})
	if got.controls() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, got)
	return nil
}

func (s *statements) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s *statements) WithGroup(string) slog.Handler      { return s }

// controls reports whether the statement is about a transaction and not about rows: SQLAlchemy doesn't count those.
func (s statement) controls() bool {
	first, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(s.sql)), " ")
	switch strings.Trim(first, ";") {
	case "BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "SET", "END":
		return true
	default:
		return false
	}
}

// so returns what was sent so far.
func (s *statements) so() []statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]statement(nil), s.list...)
}

// count is what is sent while it watches.
type count struct {
	touched *coordinator.Touched
	sent    *statements
	from    int
}

// watch returns a context whose calls are counted.
func (w *world) watch(ctx context.Context) (context.Context, *count) {
	ctx, touched := coordinator.WatchTouched(ctx)
	return ctx, &count{touched, w.sent, len(w.sent.so())}
}

// require requires how many statements the shards got, north_america, asia, europe and south_america, and begins anew.
func (c *count) require(t *testing.T, want ...int) {
	t.Helper()
	byShard := func(n map[messages.ShardID]int) []int {
		return []int{n[northAmerica], n[asia], n[europe], n[southAmerica]}
	}
	touched := map[messages.ShardID]int{}
	for _, call := range c.touched.Calls() {
		if (statement{sql: call.SQL}).controls() {
			continue
		}
		for _, shard := range call.Shards {
			touched[shard]++
		}
	}
	echoed := map[messages.ShardID]int{}
	for _, s := range c.sent.so()[c.from:] {
		echoed[s.shard]++
	}
	require.Equal(t, want, byShard(touched), "statements that WatchTouched saw: %v", c.touched.Calls())
	require.Equal(t, want, byShard(echoed), "statements that were echoed: %v", c.sent.so()[c.from:])
	c.reset()
}

// requireShards requires which shards were touched, and begins anew.
func (c *count) requireShards(t *testing.T, want ...messages.ShardID) {
	t.Helper()
	require.True(t, troupetest.AssertTouched(t, c.touched, want...))
	c.reset()
}

func (c *count) reset() {
	c.touched.Reset()
	c.from = len(c.sent.so())
}

// none is the count of a call that sends nothing, each of one that sends a statement to each shard.
var (
	none = []int{0, 0, 0, 0}
	each = []int{1, 1, 1, 1}
)
