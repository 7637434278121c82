package coordinator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/translate"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Troupe runs SQL over its shards. It is safe for concurrent use.
type Troupe struct {
	cfg      Config
	name     string
	self     *actors.Ref
	backends []shardworker.Backend // by shard number
	index    map[messages.ShardID]int
	dialects []messages.Dialect // by shard number
	// databases has what databaseOf returns, by shard number.
	databases []int
	sharers   [][]int // see sharersOf
	mixed     bool    // shards of more than one dialect
	named     bool    // shards that have Names
	// translations remembers the statements of these.
	translations translate.Cache

	everyShard []int // the shard numbers
	catalogue  *catalogue
	planned    *plan.Cache
	texts      []shardTexts               // by shard number
	times      atomic.Pointer[plan.Times] // of all SQLite shards, as far as they were asked

	workers  []atomic.Pointer[shardworker.Worker] // by shard number; replaced when a worker was started anew
	inFlight chan struct{}                        // a token for each call in flight
	calls    openCalls
	leases   *leases // of transactions
	lastCall atomic.Uint64

	generations atomic.Uint64 // numbers the workers that were started anew

	closing   chan struct{} // closed when Close begins
	closeOnce sync.Once
	closed    actors.Promise[struct{}]
}

var troupes atomic.Uint64 // numbers the troupes of a process, for the names of their actors

// Spawn opens the shards and starts the coordinator and a worker for each. PostgreSQL shards are connected to on first
// use, so a shard that is down fails its own calls only. The caller closes the troupe.
//
// It fails with [messages.ErrInvalidConfig] or [messages.ErrInvalidShardID] and then has opened nothing; backends that
// cfg brought stay open. ctx bounds Spawn only.
func Spawn(ctx context.Context, cfg Config) (*Troupe, error) {
	if err := ctx.Err(); err != nil {
		return nil, &messages.Error{Code: messages.ErrCanceled, Op: "spawn", Err: err}
	}
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	t := &Troupe{
		cfg:       cfg,
		name:      fmt.Sprintf("troupe%d", troupes.Add(1)),
		backends:  make([]shardworker.Backend, len(cfg.Shards)),
		index:     make(map[messages.ShardID]int, len(cfg.Shards)),
		dialects:  make([]messages.Dialect, len(cfg.Shards)),
		databases: make([]int, len(cfg.Shards)),
		sharers:   sharersOf(cfg.Shards),
		planned:   plan.NewCache(0, 0),
		texts:     make([]shardTexts, len(cfg.Shards)),
		workers:   make([]atomic.Pointer[shardworker.Worker], len(cfg.Shards)),
		inFlight:  make(chan struct{}, cfg.MaxInFlight),
		closing:   make(chan struct{}),
	}
	t.leases = newLeases(t.connectionsAt)
	for i, s := range cfg.Shards {
		t.index[s.ID] = i
		t.everyShard = append(t.everyShard, i)
		t.named = t.named || !s.Names.IsZero()
	}
	if t.catalogue, err = cfg.Tables.compile(t.index); err != nil {
		return nil, err
	}
	cfg.System.Use()
	if err := t.start(ctx); err != nil {
		t.abandon(ctx)
		return nil, err
	}
	return t, nil
}

func (t *Troupe) start(ctx context.Context) error {
	var earlier kin
	for i, s := range t.cfg.Shards {
		backend := s.Backend
		if backend == nil {
			var err error
			if backend, err = openDSN(s.DSN); err != nil {
				return messages.OnShard(err, s.ID, "open", messages.ErrInvalidConfig)
			}
		}
		t.backends[i] = backend
		if err := t.findDatabase(i, &earlier); err != nil {
			return err
		}
		t.cfg.Shards[i].DSN = "" // it holds a password perhaps, and is needed no more
		t.dialects[i] = backend.Dialect()
		t.mixed = t.mixed || t.dialects[i] != t.dialects[0]
		worker, err := shardworker.Spawn(t.workerName(i, 0), shardworker.Config{
			ID: s.ID, Backend: backend, Sharers: len(t.sharers[i]), System: t.cfg.System, Logger: t.cfg.Logger,
		})
		if err != nil {
			return err
		}
		t.workers[i].Store(worker)
	}
	self, err := t.cfg.System.Spawn(t.name, t.cfg.Logger, func() actors.Actor {
		return &coordinator{troupe: t}
	})
	t.self = self
	return err
}

// abandon undoes a Spawn that failed. Backends that the caller opened stay open.
func (t *Troupe) abandon(ctx context.Context) {
	for i := range t.workers {
		if w := t.workers[i].Load(); w != nil {
			_ = w.Stop(ctx)
		}
		if b := t.backends[i]; b != nil && t.cfg.Shards[i].Backend == nil {
			_ = b.Close(ctx)
		}
	}
	t.cfg.System.Unuse()
}

func (t *Troupe) workerName(shard int, generation uint64) string {
	return fmt.Sprintf("%s/%s/%d", t.name, t.cfg.Shards[shard].ID, generation)
}

// Shards returns the ids of the shards in configuration order.
func (t *Troupe) Shards() []messages.ShardID {
	ids := make([]messages.ShardID, len(t.cfg.Shards))
	for i, s := range t.cfg.Shards {
		ids[i] = s.ID
	}
	return ids
}

// Shard returns the backend of a shard, for what is its own business: its pool, a migration. The troupe goes on owning
// it. An id that doesn't exist is [messages.ErrUnknownShard].
func (t *Troupe) Shard(id messages.ShardID) (shardworker.Backend, error) {
	i, ok := t.index[id]
	if !ok {
		return nil, &messages.Error{Code: messages.ErrUnknownShard, Shard: id, Op: "shard"}
	}
	return t.backends[i], nil
}

// Close refuses new calls, ends those in flight with [messages.ErrClosed], waits until their workers have let go,
// closes the connections and stops the actors. It takes no longer than ctx and Config.CloseTimeout allow, and then
// returns an error that names the shards which still hold on. A second Close waits for the first, under its own ctx,
// and returns the same.
func (t *Troupe) Close(ctx context.Context) error {
	t.closeOnce.Do(func() {
		close(t.closing)
		bounded, cancel := context.WithTimeout(ctx, t.cfg.CloseTimeout)
		go func() { // ends with the first caller's ctx or CloseTimeout
			defer cancel()
			t.closed.Resolve(struct{}{}, t.shutdown(bounded))
		}()
	})
	ctx, cancel := context.WithTimeout(ctx, t.cfg.CloseTimeout)
	defer cancel()
	closed := t.closed.Future()
	select {
	case <-closed.Done():
	case <-ctx.Done():
		// The shutdown itself ends when the first caller's ctx does: its answer names the shards. A backend may overstay.
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-closed.Done():
		case <-timer.C:
			return &messages.Error{Code: messages.ErrCanceled, Op: "close", Detail: "connections had not closed", Err: ctx.Err()}
		}
	}
	_, err, _ := closed.Result()
	return err
}

func (t *Troupe) isClosing() bool {
	select {
	case <-t.closing:
		return true
	default:
		return false
	}
}

// open returns an error if the troupe is closed, or closing.
func (t *Troupe) open() error {
	if t.isClosing() {
		return closedError("the troupe is closed")
	}
	return nil
}

func (t *Troupe) shutdown(ctx context.Context) error {
	ended := &shutdown{make(chan struct{})}
	t.self.Notify(ended)
	select { // from then on nothing is sent to the workers
	case <-ended.done:
	case <-t.self.Done():
	case <-ctx.Done():
	}
	for _, x := range t.leases.shut() {
		x.abandon(closedError("the troupe was closed"))
	}
	errs := make([]error, len(t.workers))
	var wg sync.WaitGroup
	for i := range t.workers {
		if t.sharers[i][0] == i {
			wg.Go(func() { errs[i] = t.closeBackend(ctx, i) })
		}
	}
	wg.Wait()
	err := errors.Join(errs...)
	if stopErr := t.self.Stop(ctx); stopErr != nil {
		err = errors.Join(err, &messages.Error{Code: messages.ErrCanceled, Op: "close", Detail: "the coordinator", Err: stopErr})
	}
	t.cfg.System.Unuse()
	return err
}

// closeBackend stops the workers of the shards that have the backend of shard i, and then closes it.
func (t *Troupe) closeBackend(ctx context.Context, i int) error {
	var err error
	held := func(shard int, why error, what string) {
		if why != nil {
			id := t.cfg.Shards[shard].ID
			err = errors.Join(err, &messages.Error{Code: messages.ErrCanceled, Shard: id, Op: "close", Detail: what, Err: why})
		}
	}
	for _, shard := range t.sharers[i] {
		worker := t.workers[shard].Load()
		busy := worker.Drained(ctx)
		held(shard, busy, "jobs had not let go")
		held(shard, worker.Stop(ctx), "the worker had not stopped")
		if busy == nil { // what it may have started until then
			held(shard, worker.Drained(ctx), "jobs had not let go")
		}
	}
	held(i, t.backends[i].Close(ctx), "connections had not closed")
	return err
}
