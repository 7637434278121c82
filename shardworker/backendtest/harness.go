// Package backendtest is the conformance suite of shardworker.Backend: what every backend must do, whatever its
// database. It knows nothing of faults that only one database has; those are tested beside that backend.
package backendtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Harness tells the suite how to get at one kind of backend.
type Harness struct {
	// Open returns a backend over a new, empty database. The suite closes the backend; whatever else has to be cleaned
	// up, Open gives to t.Cleanup.
	Open func(t *testing.T) shardworker.Backend
	// Unreachable returns a backend whose database can't be reached. Defaults to nil: the case is skipped.
	Unreachable func(t *testing.T) shardworker.Backend
	// Statements are the texts that the suite sends.
	Statements Statements
	// Lanes are statements with the lanes that they belong to. Defaults to none: any lane will do.
	Lanes []LaneCase
	// Forgets says that the database keeps nothing, so that effects can't be read back. Defaults to false.
	Forgets bool
	// Strict says that the backend panics where its caller breaks a contract, so that this isn't tried. Defaults to false.
	Strict bool
}

// LaneCase is a statement and the lane that it needs.
type LaneCase struct {
	SQL      string
	WantRows bool
	Lane     int
}

// Limits of the suite: generous, because the machine may be slow. What was measured is logged.
const (
	promptly = time.Second      // for what should be done within 50 ms
	timeout  = 30 * time.Second // for a single case; far below what Statements.Slow would take
)

// namedCase is one of the suite.
type namedCase struct {
	name string
	run  func(*fixture)
}

// Run runs the suite as subtests of t.
func Run(t *testing.T, h Harness) {
	// Whatever the harness starts for all cases, such as a server, it starts now, and is no leak of the first case.
	require.NoError(t, h.Open(t).Close(t.Context()))

	for _, c := range slices.Concat([]namedCase{
		{"lanes are positive and stable", lanesAreStable},
		{"lane classification", laneClassification},
		{"values round trip", valuesRoundTrip},
		{"mixed types in one column", mixedTypes},
		{"zero rows are described", zeroRows},
		{"zero columns", zeroColumns},
		{"wide row", wideRow},
		{"large value", largeValue},
		{"many rows complete and in order", manyRows},
		{"fill is next and append", fillIsNextAndAppend},
		{"description is immutable", descriptionIsImmutable},
		{"append copies", appendCopies},
		{"a statement without rows can be queried", queryWithoutRows},
		{"exec tags", execTags},
		{"exec of several statements", execSeveral},
		{"returning", returning},
		{"wrong number of arguments", wrongArguments},
		{"unencodable argument", unencodableArgument},
		{"syntax error", syntaxError},
		{"constraint violation", constraintViolation},
		{"error in the middle of rows", errorInRows},
		{"unreachable database", unreachable},
		{"context that is done", contextDone},
		{"context ends in a slow query", cancelSlowQuery},
		{"context ends in a slow exec", cancelSlowExec},
		{"context ends between rows", cancelBetweenRows},
		{"interrupt ends a slow statement", interruptSlow},
		{"interrupt before use", interruptBeforeUse},
		{"interrupt after release", interruptAfterRelease},
		{"interrupt beside release", interruptBesideRelease},
		{"context ends beside the answer", cancelBesideAnswer},
		{"abandoned cursor", abandonedCursor},
		{"cursor closed twice", closeCursorTwice},
		{"released twice", releaseTwice},
		{"released with an open cursor", releaseWithOpenCursor},
		{"released in a transaction", releaseInTransaction},
		{"transactions", transactions},
		{"savepoints", savepoints},
		{"status of a transaction", txStatus},
		{"constraint that fails at the commit", failsAtCommit},
		{"statement beside an open cursor", besideCursor},
		{"released in any state of a transaction", releasedInAnyState},
		{"copy", copyAlone},
		{"copy in a transaction", copyInTransaction},
		{"copy of no rows", copyNothing},
		{"copy into names that need quotes", copyOddNames},
		{"copy of all kinds of values", copyValues},
		{"copy of what can't be copied", copyInvalid},
		{"copy from a source that fails", copyFailingSource},
		{"copy that violates a constraint", copyViolation},
		{"context ends in a copy", cancelCopy},
		{"interrupt ends a copy", interruptCopy},
		{"copy with bounded memory", copyBounded},
		{"all connections at once", allConnections},
		{"concurrent writers", concurrentWriters},
		{"acquire after close", acquireAfterClose},
		{"close twice", closeTwice},
		{"close interrupts what runs", closeInterrupts},
		{"close ends with its context", closeEndsWithContext},
	}, batchCases) {
		t.Run(c.name, func(t *testing.T) { runCase(t, h, c.run) })
	}
}

// runCase gives run a backend of its own, closes it, and looks for what was left behind.
func runCase(t *testing.T, h Harness, run func(*fixture)) {
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	before := goleak.IgnoreCurrent()
	f := &fixture{T: t, Harness: h, ctx: ctx, b: h.Open(t)}
	defer func() { // deferred, because a case that fails or is skipped doesn't return
		if t.Failed() {
			cancel() // connections may never be released
		}
		err := f.b.Close(ctx)
		if !t.Failed() {
			assert.NoError(t, err, "closing the backend")
			goleak.VerifyNone(t, before)
		}
	}()
	run(f)
}

// fixture is what a case works with.
type fixture struct {
	*testing.T
	Harness
	ctx context.Context
	b   shardworker.Backend
}

// lane returns the lane of sql.
func (f *fixture) lane(sql string, wantRows bool) int {
	f.Helper()
	lane := f.b.Lane(sql, wantRows)
	require.GreaterOrEqual(f, lane, 0)
	require.Less(f, lane, len(f.b.Lanes()))
	return lane
}

// acquire returns a connection that can run sql.
func (f *fixture) acquire(sql string, wantRows bool) shardworker.Conn {
	f.Helper()
	begin := time.Now()
	c, err := f.b.Acquire(f.ctx, f.lane(sql, wantRows))
	require.NoError(f, err)
	if took := time.Since(begin); took > promptly {
		f.Logf("Acquire took %v", took)
	}
	return c
}

// exec runs sql on a connection of its own.
func (f *fixture) exec(sql string, args ...any) {
	f.Helper()
	c := f.acquire(sql, false)
	defer c.Release()
	_, err := c.Exec(f.ctx, sql, args)
	require.NoError(f, err)
}

// usable checks that c can still be used, and gives the right answers.
func (f *fixture) usable(c shardworker.Conn) {
	f.Helper()
	a := query(f.ctx, c, f.Statements.Numbers, int64(3))
	require.NoError(f, a.err)
	requireNumbers(f, a, 3)
}

// allUsable checks that all connections of lane can be had at once and used.
func (f *fixture) allUsable(lane int) {
	f.Helper()
	var held []shardworker.Conn
	defer func() {
		for _, c := range held {
			c.Release()
		}
	}()
	for range f.b.Lanes()[lane] {
		c, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		held = append(held, c)
		f.usable(c)
	}
}

// rows returns how many rows the table has, as a new connection sees it.
func (f *fixture) rows() int64 {
	f.Helper()
	c := f.acquire(f.Statements.Count, true)
	defer c.Release()
	a := query(f.ctx, c, f.Statements.Count)
	require.NoError(f, a.err)
	require.Len(f, a.rows, 1)
	return a.rows[0][0].(int64)
}

// requireRows checks how many rows the table has, if the database keeps any.
func (f *fixture) requireRows(want int64) {
	f.Helper()
	if !f.Forgets {
		require.Equal(f, want, f.rows(), "rows in the table")
	}
}

// requireError checks that err is an *messages.Error with code that names no shard.
func (f *fixture) requireError(err error, code messages.Code) {
	f.Helper()
	require.ErrorIs(f, err, code)
	f.requireTyped(err)
}

func (f *fixture) requireTyped(err error) {
	f.Helper()
	require.Error(f, err)
	require.IsType(f, (*messages.Error)(nil), err)
	require.Empty(f, err.(*messages.Error).Shard, "the worker names the shard")
}

// requirePromptly checks that do takes not much longer than the 50 ms that it should.
func (f *fixture) requirePromptly(what string, do func()) {
	f.Helper()
	begin := time.Now()
	do()
	took := time.Since(begin)
	f.Logf("%s took %v", what, took.Round(10*time.Microsecond))
	require.Less(f, took, promptly, what)
}
