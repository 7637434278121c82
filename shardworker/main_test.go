package shardworker_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(m)
}

var (
	discard = slog.New(slog.DiscardHandler)
	numbers = fake.Rows(fake.Column("n", pgtype.Int8OID))
)

// count answers the rows 0, 1, … n-1. A row takes 12 bytes of a batch.
func count(n int) fake.Result { return numbers.Generate(n, func(i int) []any { return []any{i} }) }

const rowBytes = 12

// tb is what a *testing.T, a *testing.B and a *rapid.T have in common.
type tb interface {
	require.TestingT
	Helper()
}

// env is a worker on a fake backend, in a bubble.
type env struct {
	t       tb
	backend *fake.Backend
	system  *actors.System
	worker  *shardworker.Worker
	calls   []*call
}

// bubble runs f in a bubble with its own worker, and then checks that every call got its one End and that the worker let
// go of everything.
func bubble(t *testing.T, cfg fake.Config, f func(t *testing.T, e *env)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t, actors.New(discard), cfg)
		defer e.close()
		f(t, e)
	})
}

func newEnv(t tb, system *actors.System, cfg fake.Config) *env {
	e := &env{t: t, backend: fake.New(cfg), system: system}
	e.system.Use()
	e.worker = e.spawn()
	return e
}

func (e *env) spawn() *shardworker.Worker {
	w, err := shardworker.Spawn("worker", shardworker.Config{ID: "asia", Backend: e.backend, System: e.system, Logger: discard})
	require.NoError(e.t, err)
	return w
}

// close stops the worker, and checks that everything was answered and let go.
func (e *env) close() {
	ctx := context.Background()
	require.NoError(e.t, e.worker.Stop(ctx))
	require.NoError(e.t, e.worker.Drained(ctx))
	require.NoError(e.t, e.backend.Close(ctx))
	e.system.Unuse()
	synctest.Wait()
	stats := e.backend.Stats()
	require.Equal(e.t, stats.Acquired, stats.Released)
	for _, c := range e.calls {
		c.mu.Lock()
		require.Len(e.t, c.ends, 1, "call %d: %s", c.Call, c.SQL)
		require.Empty(e.t, c.wrong, "call %d: %s", c.Call, c.SQL)
		c.mu.Unlock()
	}
}

// call is an Execute and the reader of its answer.
type call struct {
	messages.Execute
	e       *env
	instant bool // credit comes back at once

	mu      sync.Mutex
	rows    []int64 // the first column of all rows
	batches []int   // rows in each
	costs   []int
	unread  int
	most    int // that unread ever was
	first   *messages.Description
	ends    []*messages.End
	wrong   []string
	heard   chan struct{} // closed at the End
}

// call returns an Execute that wants rows and has a wide window; options may change it.
func (e *env) call(sql string, options ...func(c *call)) *call {
	c := &call{e: e, heard: make(chan struct{})}
	e.calls = append(e.calls, c)
	c.Execute = messages.Execute{
		Call: messages.CallID(len(e.calls)), Source: len(e.calls) % 3, SQL: sql, WantRows: true, Window: 4, BatchBytes: 1200,
		Context: context.Background(), ReplyTo: c,
	}
	for _, option := range options {
		option(c)
	}
	return c
}

// execute sends what call returns.
func (e *env) execute(sql string, options ...func(c *call)) *call {
	c := e.call(sql, options...)
	e.worker.Tell(&c.Execute)
	return c
}

func window(n int) func(*call)              { return func(c *call) { c.Window = n } }
func batchBytes(n int) func(*call)          { return func(c *call) { c.BatchBytes = n } }
func under(ctx context.Context) func(*call) { return func(c *call) { c.Context = ctx } }
func runner(r messages.Runner) func(*call)  { return func(c *call) { c.Runner = r } }
func args(args ...any) func(*call)          { return func(c *call) { c.Args = args } }
func instantCredit(c *call)                 { c.instant = true }
func noRows(c *call)                        { c.WantRows = false }
func (c *call) cancel(cause error) {
	c.e.worker.Tell(&messages.Cancel{Call: c.Call, Source: c.Source, Cause: cause})
}

func (c *call) flush()               { c.e.worker.Tell(&messages.Flush{Call: c.Call, Source: c.Source}) }
func (c *call) violates(what string) { c.wrong = append(c.wrong, what) }
func (c *call) sendCredit(n int) {
	c.e.worker.Tell(&messages.Credit{Call: c.Call, Source: c.Source, Batches: n})
}

func (c *call) credit(n int) {
	c.mu.Lock()
	c.unread -= n
	c.mu.Unlock()
	c.sendCredit(n)
}

// Tell is the stream's part.
func (c *call) Tell(msg messages.Message) {
	switch msg := msg.(type) {
	case *messages.RowBatch:
		c.batch(msg)
	case *messages.End:
		c.end(msg)
	default:
		panic("a stream got something else")
	}
}

func (c *call) batch(b *messages.RowBatch) {
	c.mu.Lock()
	switch {
	case b.Call != c.Call || b.Source != c.Source:
		c.violates("a batch of another call")
	case len(c.ends) > 0 && c.ends[0].Err == nil:
		c.violates("a batch after the end")
	case b.Seq != uint64(len(c.batches)):
		c.violates("a batch out of sequence")
	case (b.Declared != nil) != (b.Seq == 0):
		c.violates("the declaration comes with the first batch")
	case b.Rows() == 0:
		c.violates("an empty batch")
	}
	if b.Seq == 0 {
		c.first = b.Declared
	}
	values := make([][]byte, len(b.Description.Fields))
	offset := 0
	for range b.Rows() {
		offset = b.ReadRow(offset, values)
		if len(values) > 0 && len(values[0]) == 8 {
			c.rows = append(c.rows, int64(binary.BigEndian.Uint64(values[0])))
		}
	}
	c.batches, c.costs = append(c.batches, b.Rows()), append(c.costs, b.Cost)
	c.unread += b.Cost
	c.most = max(c.most, c.unread)
	if c.unread > c.Window {
		c.violates("a batch beyond the window")
	}
	cost := b.Cost
	b.Recycle(2 * c.BatchBytes)
	if c.instant {
		c.unread -= cost
	}
	c.mu.Unlock()
	if c.instant {
		c.sendCredit(cost)
	}
}

func (c *call) end(e *messages.End) {
	if rows := e.Rows; rows != nil {
		e.Rows = nil
		c.batch(rows)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.Call != c.Call || e.Source != c.Source {
		c.violates("an end of another call")
	}
	if e.Err == nil && e.Seq != uint64(len(c.batches)) {
		c.violates("an end that counts wrong")
	}
	if failure, ok := e.Err.(*messages.Error); e.Err != nil && (!ok || failure.Shard != "asia") {
		c.violates("an error that names no shard")
	}
	if c.ends = append(c.ends, e); len(c.ends) == 1 {
		close(c.heard)
	}
}

// wait returns the End.
func (c *call) wait() *messages.End {
	c.e.t.Helper()
	select {
	case <-c.heard:
	case <-time.After(time.Hour): // in the bubble's time
		require.FailNow(c.e.t, "no End", "call %d: %s", c.Call, c.SQL)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ends[0]
}

// ended reports whether the End has come. What goes on by itself has come to a halt before.
func (c *call) ended() bool {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ends) > 0
}

// got returns how many rows have come.
func (c *call) got() int {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.rows)
}

// requireRows checks that the rows are 0 … n-1.
func (c *call) requireRows(n int) {
	c.e.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.Len(c.e.t, c.rows, n)
	for i, row := range c.rows {
		require.EqualValues(c.e.t, i, row)
	}
}

// requireFree proves that every connection of a lane can be used, all at once. SQL of the probe has to choose that lane.
func (e *env) requireFree(sql string, connections int) {
	e.t.Helper()
	gate := fake.NewGate()
	e.backend.Reply(sql, count(1).At(fake.AtQuery, fake.Wait(gate)))
	synctest.Wait()
	before := e.backend.Stats().InUse
	var probes []*call
	for range connections {
		probes = append(probes, e.execute(sql))
	}
	synctest.Wait()
	require.Equal(e.t, before+connections, e.backend.Stats().InUse)
	gate.Open()
	for _, p := range probes {
		require.NoError(e.t, p.wait().Err)
		p.requireRows(1)
	}
}
