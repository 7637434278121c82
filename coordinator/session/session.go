package session

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Session is a unit of work over the shards of a troupe. Its transaction begins with the first statement and ends with Commit or
// Rollback; the next statement begins another. The objects that it knows, and their rows, are one to one until it is closed, and it
// holds on to all of them: a session is for one piece of work.
//
// One goroutine at a time uses a session and its objects. A call while another one runs is [messages.ErrInvalidRequest].
type Session struct {
	troupe *coordinator.Troupe
	cfg    Config
	ctx    context.Context // bounds the session
	busy   atomic.Bool     // a call runs

	tx      *coordinator.Tx // nil while no transaction is begun
	endTx   context.CancelFunc
	failed  error          // of a Flush, after which only a rollback helps
	levels  []*level       // of the transaction, and of each open savepoint
	entries []*entry       // in the order in which they became known
	objects map[any]*entry // of the first entries; see known
	found   int            // so many of them
	rows    identities
	room    []entry           // for the next ones
	moves   []moved           // by MoveRow in the transaction
	claim   *mapping.Claimant // of the objects that it is to insert
	closed  atomic.Bool
	end     context.CancelFunc

	attempt int  // of Run
	lasting bool // something was committed
	met     []messages.ShardID
}

// New returns a session that is bounded by ctx: when that ends before a commit, the transaction is rolled back. Nothing is sent. If ctx
// carries a transaction, that of the session is a savepoint in it. The caller closes the session.
func New(ctx context.Context, t *coordinator.Troupe, cfg Config) *Session {
	cfg.IDs = maps.Clone(cfg.IDs)
	cfg.Tx.Shards = slices.Clone(cfg.Tx.Shards)
	ctx, end := context.WithCancel(ctx)
	return &Session{
		troupe: t, cfg: cfg, ctx: ctx, end: end, attempt: 1, levels: []*level{newLevel(nil)},
		objects: map[any]*entry{}, claim: new(mapping.Claimant),
	}
}

// enter takes the session for a call. The caller calls leave.
func (s *Session) enter() error {
	err := s.take()
	if err != nil {
		return err
	}
	err = s.usable()
	if err != nil {
		s.leave()
	}
	return err
}

// take is enter for a rollback, which is of use after the context has ended, too.
func (s *Session) take() error {
	if s.closed.Load() {
		return errClosed
	}
	if !s.busy.CompareAndSwap(false, true) {
		return &messages.Error{Code: messages.ErrInvalidRequest, Op: "session", Detail: "another call of the session runs: one goroutine at a time uses it"}
	}
	return nil
}

// leave ends a call. If the session was closed meanwhile, what that left to do is done here.
func (s *Session) leave() {
	s.busy.Store(false)
	if s.closed.Load() && s.busy.CompareAndSwap(false, true) {
		s.shut()
	}
}

func (s *Session) usable() error {
	if err := s.ctx.Err(); err != nil {
		return &messages.Error{Code: messages.ErrCanceled, Op: "session", Detail: "the session's context has ended", Err: err}
	}
	return nil
}

var errClosed = &messages.Error{Code: messages.ErrClosed, Op: "session", Detail: "the session is closed"}

// enterSound is enter for calls that are of no use after a Flush has failed.
func (s *Session) enterSound() error {
	if err := s.enter(); err != nil {
		return err
	}
	if err := s.sound(); err != nil {
		s.leave()
		return err
	}
	return nil
}

func (s *Session) sound() error {
	if s.failed == nil {
		return nil
	}
	return &messages.Error{
		Code: messages.ErrTxAborted, Op: "session", Detail: "a flush has failed: roll the session back, or to a savepoint before it", Err: s.failed,
	}
}

// begin begins the transaction if there is none, and enlists these shards at once.
func (s *Session) begin(ctx context.Context, shards ...messages.ShardID) error {
	if err := ctx.Err(); err != nil {
		return &messages.Error{Code: messages.ErrCanceled, Op: "begin", Err: err}
	}
	if err := s.usable(); err != nil {
		return err
	}
	if s.tx != nil {
		return nil
	}
	options := s.cfg.Tx
	for _, shard := range shards {
		if !slices.Contains(options.Shards, shard) {
			options.Shards = append(slices.Clone(options.Shards), shard)
		}
	}
	bounded, cancel := context.WithCancel(s.ctx) // by the session, and by ctx until the transaction has begun
	stop := context.AfterFunc(ctx, cancel)
	tx, err := s.troupe.BeginAll(bounded, options)
	if !stop() && err == nil {
		_ = tx.Rollback(context.WithoutCancel(ctx))
		err = &messages.Error{Code: messages.ErrCanceled, Op: "begin", Err: ctx.Err()}
	}
	if err != nil {
		cancel()
		if why := ctx.Err(); why != nil && !errors.Is(err, why) {
			err = &messages.Error{Code: messages.ErrCanceled, Op: "begin", Err: fmt.Errorf("%w: %w", why, err)}
		}
		return err
	}
	s.tx, s.endTx = tx, cancel
	return nil
}

// in returns ctx with the transaction. REQUIRES: it is begun.
func (s *Session) in(ctx context.Context) context.Context { return coordinator.WithTx(ctx, s.tx) }

// within returns ctx with the transaction, if it is begun, or else with the one that the session is to be a savepoint of.
func (s *Session) within(ctx context.Context) context.Context {
	if s.tx != nil {
		return s.in(ctx)
	}
	if outer := coordinator.TxOf(s.ctx); outer != nil {
		return coordinator.WithTx(ctx, outer)
	}
	return ctx
}

// on is in, pinned to a shard.
func (s *Session) on(ctx context.Context, shard messages.ShardID) context.Context {
	return coordinator.OnShard(coordinator.Unpinned(s.in(ctx)), shard)
}

// Tx returns the session's transaction, which it begins if there is none, for statements that the session has no call for. It is ended
// by the session.
func (s *Session) Tx(ctx context.Context) (*coordinator.Tx, error) {
	if err := s.enterSound(); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	s.levels[len(s.levels)-1].unseen = true
	return s.tx, nil
}

// Exec runs a statement in the session's transaction, routed as Troupe.Exec routes it. The session's objects don't learn what it changes:
// Expire them, or use Select with RETURNING. What was added, changed or deleted before is not flushed.
func (s *Session) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := s.enterSound(); err != nil {
		return pgconn.CommandTag{}, err
	}
	defer s.leave()
	if err := s.begin(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	s.levels[len(s.levels)-1].unseen = true
	return s.troupe.Exec(s.in(ctx), sql, args...)
}

// closeTimeout is how long Close takes at the most to tell the databases.
const closeTimeout = 5 * time.Second

// Close rolls back what isn't committed, as Rollback does, and ends the session; a second Close does nothing. If another call runs, it
// ends soon, and rolls back when it does; it fails unless it had done all already.
func (s *Session) Close() {
	switch {
	case s.closed.Swap(true):
	case s.busy.CompareAndSwap(false, true):
		s.shut()
	default:
		s.end()
	}
}

// shut is called once, with busy set, which it stays.
func (s *Session) shut() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), closeTimeout)
	defer cancel()
	_ = s.rollback(ctx) // a connection that can't be told is closed
	s.end()
}

// query runs a statement on one shard and hands each row to scan.
func (s *Session) query(ctx context.Context, shard messages.ShardID, sql string, args []any, scan func(scanner) error) error {
	rows, err := s.troupe.Query(s.on(ctx, shard), sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

type scanner interface{ Scan(dest ...any) error }

// onShards does work on each shard: on different databases at once, on one after the other. It returns when all of it is done, with
// the errors of all.
func (s *Session) onShards(work map[messages.ShardID]func() error) error {
	var databases []messages.ShardID
	shards := map[messages.ShardID][]messages.ShardID{} // by database
	for _, shard := range s.troupe.Shards() {
		if work[shard] == nil {
			continue
		}
		database, err := s.troupe.DatabaseOf(shard)
		if err != nil {
			return err
		}
		if shards[database] == nil {
			databases = append(databases, database)
		}
		shards[database] = append(shards[database], shard)
	}
	errs := make([]error, len(databases))
	each := func(i int) {
		_, errs[i] = guarded(func() (none struct{}, err error) {
			for _, shard := range shards[databases[i]] {
				if err := work[shard](); err != nil {
					return none, err
				}
			}
			return none, nil
		})
	}
	var wg sync.WaitGroup
	for i := 1; i < len(databases); i++ {
		wg.Go(func() { each(i) })
	}
	if len(databases) > 0 {
		each(0)
	}
	wg.Wait()
	return errors.Join(errs...)
}
