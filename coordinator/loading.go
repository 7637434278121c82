package coordinator

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// loading is a copy that runs. The calling goroutine reads the source and deals the rows out in chunks; each database has a lane, whose
// goroutine loads them. All but failing, mu, sent and counts belongs to the caller.
//
// Nothing is sent before a chunk is full or the source is at its end, so that a small copy takes connections of the shards that it
// is about only. Then a connection of every database that rows may go to is taken at once, in configuration order, and
// none later: two copies on pools of one connection can't wait for each other, and a conflict with another transaction shows
// before there is something to undo.
type loading struct {
	failing
	troupe  *Troupe
	ctx     context.Context
	rows    *shardworker.CopyRows
	columns []string
	targets *copyTargets
	tables  []pgx.Identifier   // by shard number
	filling []*chunk           // by shard number; nil if there are no rows
	lanes   []*loadLane        // nil before something is sent
	tx      *Tx                // of its own; nil if there is none
	outer   *Tx                // that the context carries; nil if there is none
	running sync.WaitGroup     // the lanes
	cancel  context.CancelFunc // interrupts the lanes
	sent    atomic.Bool        // a shard has asked for rows
	counts  []int64            // by shard number, each of its lane until that has ended

	mu struct {
		sync.Mutex
		free []*chunk
	}
}

// run loads all rows, or none.
func (l *loading) run() error {
	err := l.deal()
	if err == nil && l.lanes == nil {
		err = l.start(l.filled())
	}
	if l.lanes == nil { // nothing was sent
		return err
	}
	if err == nil {
		err = l.pass(l.filled())
	}
	return l.finish(err)
}

// deal reads the source to its end.
func (l *loading) deal() error {
	stopped := l.stopped()
	for {
		row, err := l.rows.Next()
		if err != nil || row == nil {
			return err
		}
		select {
		case <-stopped:
			return l.failure()
		default:
		}
		if l.targets.route == nil {
			for _, shard := range l.targets.shards {
				if err := l.add(shard, row); err != nil {
					return err
				}
			}
			continue
		}
		shard, err := l.targets.route.shard(row, l.rows.Row())
		if err == nil {
			err = l.add(shard, row)
		}
		if err != nil {
			return err
		}
	}
}

// add puts a row into its shard's chunk, and passes that on if it is full.
func (l *loading) add(shard int, row []any) error {
	c := l.filling[shard]
	if c == nil {
		c = l.newChunk(shard)
		l.filling[shard] = c
	}
	c.add(row, l.rows.Row())
	if !c.full() {
		return nil
	}
	if l.lanes == nil {
		if err := l.start(l.targets.shards); err != nil {
			return err
		}
	}
	return l.pass([]int{shard})
}

// filled returns the shards that there are rows for.
func (l *loading) filled() []int {
	var shards []int
	for shard, c := range l.filling {
		if c != nil {
			shards = append(shards, shard)
		}
	}
	return shards
}

// pass hands the chunks of shards to their lanes, and waits for them as long as nothing has failed.
func (l *loading) pass(shards []int) error {
	for _, shard := range shards {
		c := l.filling[shard]
		l.filling[shard] = nil
		select {
		case l.lanes[l.troupe.databaseOf(shard)].queue <- c:
		case <-l.stopped():
			return l.failure()
		case <-l.ctx.Done():
			return &messages.Error{Code: messages.ErrCanceled, Op: opCopy, Err: l.ctx.Err()}
		}
	}
	return nil
}

// start takes the connections for shards and starts the lanes.
func (l *loading) start(shards []int) error {
	t, ctx := l.troupe, l.ctx
	l.outer = TxOf(ctx)
	switch {
	case len(shards) == 0:
		return nil
	case l.outer != nil:
		if err := l.outer.of.enlist(ctx, shards); err != nil {
			return err
		}
		if err := l.outer.hold(l); err != nil {
			return err
		}
	case len(shards) > 1:
		tx, err := t.beginOn(ctx, shards)
		if err != nil {
			return err
		}
		l.tx, ctx = tx, WithTx(ctx, tx)
	}
	ctx, l.cancel = context.WithCancel(context.WithValue(ctx, asIsKey{}, true)) // the tables' names are translated already
	l.lanes = make([]*loadLane, len(t.cfg.Shards))
	l.counts = make([]int64, len(t.cfg.Shards))
	for _, shard := range shards {
		if database := t.databaseOf(shard); l.lanes[database] == nil {
			l.lanes[database] = &loadLane{loading: l, ctx: ctx, queue: make(chan *chunk, 1)}
			l.running.Add(1)
			t.cfg.System.Go(l.lanes[database])
		}
	}
	return nil
}

// beginOn begins a transaction with a connection of each of these shards, taken in configuration order. Where it is in the way of
// transactions that take theirs in another order, it tries again: nothing is lost by that.
func (t *Troupe) beginOn(ctx context.Context, shards []int) (*Tx, error) {
	ids := make([]messages.ShardID, len(shards))
	for i, shard := range shards {
		ids[i] = t.cfg.Shards[shard].ID
	}
	for attempt := 1; ; attempt++ {
		tx, err := t.BeginAll(ctx, TxOptions{Shards: ids})
		if err == nil || !errors.Is(err, messages.ErrTxConflict) || attempt == bulkAttempts || !pause(ctx, attempt) {
			return tx, err
		}
	}
}

// conclude commits, or rolls back because of err, and returns what has come of it.
func (tx *Tx) conclude(ctx context.Context, err error) error {
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil {
		_ = tx.Rollback(ctx) // which does nothing after a commit, unless that had to be refused
	}
	return err
}

// bulkAttempts is how often a copy or batch tries to get its connections, with pauses of up to 200 ms between.
const bulkAttempts = 100

// finish waits for the lanes, and commits or undoes what they have loaded. err is why the rows ended early; nil at their end.
func (l *loading) finish(err error) error {
	if err != nil {
		l.fail(err)
	}
	for _, lane := range l.lanes {
		if lane != nil {
			close(lane.queue)
		}
	}
	l.wait()
	err = l.failure()
	switch {
	case l.tx != nil:
		err = l.tx.conclude(l.ctx, err)
	case err != nil && l.outer != nil && l.sent.Load():
		l.outer.of.fail(err)
	}
	if l.outer != nil {
		l.outer.of.letGo(l)
	}
	return err
}

// wait waits for the lanes. After a failure they end by themselves, unless a database doesn't answer: then they are interrupted, which
// costs a connection. That of a transaction of the caller's isn't given up before the context ends.
func (l *loading) wait() {
	defer l.cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.running.Wait()
	}()
	select {
	case <-ended:
		return
	case <-l.stopped():
	}
	if l.outer != nil {
		<-ended // calls end soon after their context
		return
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		l.cancel()
		<-ended
	}
}

// certain returns the error of a lane without the doubt about what it has done, where there is none: a COPY of which not all rows were
// sent has done nothing. In a transaction no statement leaves a doubt.
func certain(err error, complete bool) error {
	var e *messages.Error
	if !complete && errors.As(err, &e) && e.Code == messages.ErrOutcomeUnknown && e.Err != nil {
		return messages.OnShard(e.Err, e.Shard, opCopy, messages.ErrCanceled)
	}
	return err
}

func (l *loading) report() CopyReport {
	var report CopyReport
	for shard, n := range l.counts {
		if n == 0 {
			continue
		}
		report.Shards = append(report.Shards, CopiedRows{l.troupe.cfg.Shards[shard].ID, n})
		if l.targets.route != nil {
			report.Rows += n
		} else {
			report.Rows = max(report.Rows, n)
		}
	}
	return report
}

func (l *loading) newChunk(shard int) *chunk {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.mu.free); n > 0 {
		c := l.mu.free[n-1]
		l.mu.free = l.mu.free[:n-1]
		c.shard = shard
		return c
	}
	return &chunk{shard: shard}
}

// recycle takes back a chunk that was loaded.
func (l *loading) recycle(c *chunk) {
	c.reset()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.free = append(l.mu.free, c)
}
