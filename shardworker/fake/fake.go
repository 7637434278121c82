// Package fake holds a backend whose answers, delays and faults are scripted by a test. It understands no SQL and keeps
// no data: a handler is looked up for each text and says what the "database" answers.
//
// It waits on channels and timers only, so it works inside a testing/synctest bubble. It panics with "bug:" where its
// caller breaks a contract of package shardworker, as when it asks for more connections than a lane has.
package fake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Config configures a Backend. The zero value is one lane of four connections that speaks PostgreSQL and is prompt.
type Config struct {
	// Dialect is what Dialect answers. Defaults to messages.PostgreSQL.
	Dialect messages.Dialect
	// Lanes is how many connections each lane has. Defaults to one lane of four.
	Lanes []int
	// Lane classifies statements. Defaults to lane 0 for all.
	Lane func(sql string, wantRows bool) int
	// Company says which statements may share a batch. Defaults to shardworker.Alone for all.
	Company func(sql string, args []any, wantRows bool) shardworker.Company
	// NotPrompt makes Prompt answer false, though everything stays prompt. Defaults to false.
	NotPrompt bool
	// Stubborn makes every step deaf to contexts and Interrupt: they are looked at between steps only. Prompt then
	// answers false. Defaults to false. The function Stubborn does the same for one step.
	Stubborn bool
}

// Handler answers a statement. It runs on the goroutine that sent it. ctx ends with the statement's context or when its
// connection is interrupted.
type Handler func(ctx context.Context, args []any) Result

// Backend is a scripted shardworker.Backend. All its methods are safe for concurrent use.
type Backend struct {
	config Config
	closed context.Context // ends when Close is called
	close  context.CancelCauseFunc

	mu struct {
		sync.Mutex
		handlers map[string]Handler
		copies   map[string]Copy // by table
		steps    map[Point][]Step
		idle     [][]*session     // of each lane
		inUse    []map[*conn]bool // of each lane
		drained  chan struct{}    // not nil once Close waits; closed when nothing is in use
		log      []Statement
		copied   []*Copied
		stats    Stats
	}
}

var _ shardworker.Batcher = (*Backend)(nil)

// New returns a backend with no handlers.
func New(config Config) *Backend {
	if config.Dialect == 0 {
		config.Dialect = messages.PostgreSQL
	}
	if config.Lanes == nil {
		config.Lanes = []int{4}
	}
	if config.Lane == nil {
		config.Lane = func(string, bool) int { return 0 }
	}
	if config.Company == nil {
		config.Company = func(string, []any, bool) shardworker.Company { return shardworker.Alone }
	}
	config.Lanes = slices.Clone(config.Lanes)
	b := &Backend{config: config}
	b.closed, b.close = context.WithCancelCause(context.Background())
	b.mu.handlers = map[string]Handler{}
	b.mu.copies = map[string]Copy{}
	b.mu.steps = map[Point][]Step{}
	b.mu.idle = make([][]*session, len(config.Lanes))
	for range config.Lanes {
		b.mu.inUse = append(b.mu.inUse, map[*conn]bool{})
	}
	return b
}

// Handle registers h for the statements that are, or begin with, sql. An equal text wins over a beginning, and a longer
// beginning over a shorter one; "" is for all others. A second Handle for the same sql replaces the first.
func (b *Backend) Handle(sql string, h Handler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.handlers[sql] = h
}

// Reply registers r as the answer to the statements that are, or begin with, sql.
func (b *Backend) Reply(sql string, r Result) {
	b.Handle(sql, func(context.Context, []any) Result { return r })
}

// At replaces the steps that are taken at p: AtAcquire, AtBatch, AtCommit, or AtBackendClose. Without steps, nothing happens there any more.
func (b *Backend) At(p Point, steps ...Step) {
	if !p.ofBackend() {
		panic(fmt.Sprintf("bug: point %d belongs to a Result", p))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.steps[p] = steps
}

func (b *Backend) stepsAt(p Point) []Step {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mu.steps[p]
}

// answer asks the handler of sql.
func (b *Backend) answer(ctx context.Context, sql string, args []any) Result {
	b.mu.Lock()
	var found Handler
	best := -1
	for text, h := range b.mu.handlers {
		if strings.HasPrefix(sql, text) && len(text) > best {
			found, best = h, len(text)
		}
	}
	b.mu.Unlock()
	if found == nil {
		return Error(&messages.Error{Code: messages.ErrStatement, Op: "fake", Detail: fmt.Sprintf("no handler for %q", sql)})
	}
	return found(ctx, args)
}

// Dialect returns the configured dialect.
func (b *Backend) Dialect() messages.Dialect { return b.config.Dialect }

// Lanes returns the configured lanes.
func (b *Backend) Lanes() []int { return slices.Clone(b.config.Lanes) }

// Lane asks the configured classifier.
func (b *Backend) Lane(sql string, wantRows bool) int { return b.config.Lane(sql, wantRows) }

// Company asks the configured classifier.
func (b *Backend) Company(sql string, args []any, wantRows bool) shardworker.Company {
	return b.config.Company(sql, args, wantRows)
}

// Prompt reports whether the backend was configured to be prompt.
func (b *Backend) Prompt() bool { return !b.config.NotPrompt && !b.config.Stubborn }
