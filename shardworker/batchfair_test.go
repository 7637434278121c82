package shardworker_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// crowd is callers that ask one call after the other, and what they had to wait for.
type crowd struct {
	*env
	mu     sync.Mutex
	begun  map[int]int // by call: how many connections had been acquired when it began
	turns  map[string]int
	worst  time.Duration
	failed []error
}

// ask runs one call, and notes how many others' turns on a connection came between its sending and its beginning.
func (c *crowd) ask(id int, sql string, wantRows bool) {
	c.mu.Lock()
	one := c.call(sql, args(id))
	one.WantRows = wantRows
	before, sent := c.backend.Stats().Acquired, time.Now()
	c.mu.Unlock()
	c.worker.Tell(&one.Execute)
	<-one.heard
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := one.ends[0].Err; err != nil {
		c.failed = append(c.failed, err)
	}
	c.turns[sql] = max(c.turns[sql], c.begun[id]-before-1)
	c.worst = max(c.worst, time.Since(sent))
}

// TestNobodyWaitsBehindMoreThanTwoBatches with 300 callers that never rest, of which some ask what can't join or what is new.
func TestNobodyWaitsBehindMoreThanTwoBatches(t *testing.T) {
	const (
		rounds = 20
		quick  = 100 * time.Microsecond
		slow   = time.Millisecond
	)
	for _, c := range []struct {
		connections, callers, loners int
	}{{1, 300, 1}, {4, 300, 1}, {2, 300, 0}, {1, 40, 5}} {
		t.Run(fmt.Sprintf("%d callers, %d loners, %d connections", c.callers, c.loners, c.connections), func(t *testing.T) {
			bubble(t, sharing(c.connections), func(t *testing.T, e *env) {
				x := &crowd{env: e, begun: map[int]int{}, turns: map[string]int{}}
				answer := func(took time.Duration) fake.Handler {
					return func(_ context.Context, args []any) fake.Result {
						if id, ok := args[0].(int); ok && id >= 0 {
							x.mu.Lock()
							x.begun[id] = e.backend.Stats().Acquired
							x.mu.Unlock()
						}
						return count(1).At(fake.AtQuery, fake.Delay(took))
					}
				}
				e.backend.Handle("select", answer(quick))
				e.backend.Handle("insert", answer(quick))
				e.backend.Handle("update", answer(slow))
				for _, sql := range []string{"select", "insert"} {
					require.NoError(t, e.execute(sql, args(-1)).wait().Err)
				}
				var callers sync.WaitGroup
				for i := range c.callers {
					sql := []string{"select", "insert"}[min(1, i%5)] // most insert: the others must not starve
					if i < c.loners {
						sql = "update"
					}
					callers.Go(func() {
						for round := range rounds {
							x.ask(round*c.callers+i, sql, sql != "insert")
						}
					})
				}
				callers.Wait()
				require.Empty(t, x.failed)
				stats := e.backend.Stats()
				t.Logf("turns waited for: %v, longest %v, %d batches, %d shared, largest %d", x.turns, x.worst, stats.Batches, stats.Shared, stats.LargestBatch)
				for sql, turns := range x.turns {
					if c.connections == 1 { // else turns on the other connections go by while one's own batch runs
						require.LessOrEqual(t, turns, 2+c.loners, "what can't join has its turns beside two batches: %s", sql)
					}
				}
				batch := time.Duration(stats.LargestBatch) * quick
				require.LessOrEqual(t, x.worst, 3*batch+time.Duration(c.loners+1)*slow, "two batches and one's own")
			})
		})
	}
}

// Texts that are new run alone, and are no hindrance to those that are known.
func TestManyNewTextsAndOneKnown(t *testing.T) {
	bubble(t, sharing(2), func(t *testing.T, e *env) {
		const each = 90 * time.Microsecond // a hundred may share a turn, though there is another connection
		e.backend.Reply("select", count(1).At(fake.AtQuery, fake.Delay(each)))
		e.learn("select known")
		begin := time.Now()
		var known, fresh []*call
		for i := range 100 {
			fresh = append(fresh, e.execute(fmt.Sprintf("select new %d", i)))
			known = append(known, e.execute("select known"))
		}
		for _, c := range known {
			require.NoError(t, c.wait().Err)
		}
		require.Less(t, time.Since(begin), 110*each, "the known share a turn")
		for _, c := range fresh {
			require.NoError(t, c.wait().Err)
		}
		require.LessOrEqual(t, e.backend.Stats().Batches, 2)
		for _, c := range fresh {
			alone, together := e.shared(c.SQL)
			require.Equal(t, []int{1, 0}, []int{alone, together})
		}
	})
}

// A batch that nobody leaves costs no more than its statements, and who is refused by it is refused at once.
func TestRefusalsInABatchAreTheirCallersOwn(t *testing.T) {
	bubble(t, sharing(1), func(t *testing.T, e *env) {
		g := e.invite("select", 1, 9, map[int][]fake.Step{
			0: {fake.Fail(errBroken)}, 4: {fake.Fail(&messages.Error{Code: messages.ErrInvalidRequest})}, 8: {fake.Fail(errBroken)},
		})
		g.hold.Open()
		for i, c := range g.calls {
			err := c.wait().Err
			switch i {
			case 0, 8:
				require.ErrorIs(t, err, messages.ErrStatement)
				require.ErrorIs(t, err, errBroken)
			case 4:
				require.ErrorIs(t, err, messages.ErrInvalidRequest)
			default:
				require.NoError(t, err)
			}
		}
		require.Equal(t, 9, e.backend.Stats().LargestBatch)
		require.Zero(t, e.backend.Stats().Spent)
	})
}
