package coordinator

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
)

// aheadResults is how many statements whose rows nobody has begun to read may have been sent. Each of them holds its window at the most.
const aheadResults = 16

// batch is a batch that runs. Its own goroutine routes the statements, begins the transaction, and deals them out to lanes, one for each
// database. Items and lanes are fixed before anything is sent.
type batch struct {
	failing
	troupe *Troupe
	ctx    context.Context
	cancel context.CancelFunc
	sent   *pgx.Batch
	outer  *Tx // that the context carries; nil if there is none
	items  []*batchItem
	ahead  chan struct{}  // a token for each item whose rows are not being read yet
	lanes  sync.WaitGroup // and the batch's own goroutine
	begun  atomic.Bool    // a statement was sent

	mu struct {
		sync.Mutex
		own    *Tx // nil if there is none, or not yet
		counts []BatchedStatements
	}
}

// batchItem is one statement.
type batchItem struct {
	call      *call // nil once it has run
	wantRows  bool
	databases []int          // that it is sent to, in ascending order; the first one's lane runs it
	arrived   sync.WaitGroup // the other lanes
	ready     chan struct{}  // closed when rows or err is there
	done      chan struct{}  // closed when no shard is at it any more
	rows      *Rows          // nil once they were taken; guarded by mu of the batch
	err       error
}

func (t *Troupe) newBatch(ctx context.Context, sent *pgx.Batch) *batch {
	b := &batch{troupe: t, sent: sent, outer: TxOf(ctx), ahead: make(chan struct{}, aheadResults)}
	b.ctx, b.cancel = context.WithCancel(ctx)
	b.mu.counts = make([]BatchedStatements, len(t.cfg.Shards))
	b.items = make([]*batchItem, sent.Len())
	for i := range b.items {
		b.items[i] = &batchItem{ready: make(chan struct{}), done: make(chan struct{})}
	}
	if len(b.items) > 0 {
		b.lanes.Add(1)
	}
	return b
}

func (b *batch) queued(i int) *pgx.QueuedQuery { return b.sent.QueuedQueries[i] }

// Run routes the statements and deals them out.
func (b *batch) Run() {
	defer b.lanes.Done()
	defer func() {
		if value := recover(); value != nil { // a log handler's
			b.fail(&messages.Error{Code: messages.ErrPanic, Op: opBatch, Detail: messages.PanicText(value)})
		}
	}()
	if err := b.begin(); err != nil {
		b.fail(err)
		return
	}
	queues := b.start()
	defer func() {
		for _, queue := range queues {
			close(queue)
		}
	}()
	for _, item := range b.items {
		if item.wantRows {
			select {
			case b.ahead <- struct{}{}:
			case <-b.stopped():
				return
			}
		}
		for _, database := range item.databases {
			queues[database] <- item
		}
	}
}

// hold has the transaction that the batch is in wait for its end, if it is in one.
func (b *batch) hold() error {
	switch {
	case b.outer == nil:
		return nil
	case b.outer.of.troupe != b.troupe:
		return errOtherTroupe
	}
	return b.outer.hold(b)
}

// begin routes all statements and takes a connection of every database that they are for, in configuration order: so batches on
// pools of one connection can't wait for each other.
func (b *batch) begin() error {
	t := b.troupe
	tx := b.outer
	if tx == nil {
		var err error
		if tx, err = t.BeginAll(b.ctx, TxOptions{}); err != nil {
			return err
		}
		b.mu.Lock()
		b.mu.own = tx
		b.mu.Unlock()
	}
	ctx := WithTx(b.ctx, tx)
	touched := newShardSet(len(t.cfg.Shards))
	for i, item := range b.items {
		q := b.queued(i)
		if err := b.route(ctx, item, q.SQL, q.Arguments); err != nil {
			return inBatch(err, i, len(b.items))
		}
		for _, shard := range item.call.targets {
			touched.add(shard)
			if database := t.databaseOf(shard); !slices.Contains(item.databases, database) {
				item.databases = append(item.databases, database)
			}
		}
		slices.Sort(item.databases)
		item.arrived.Add(len(item.databases) - 1)
	}
	if err := b.failure(); err != nil { // the results may be closed by now
		return err
	}
	if err := b.enlist(ctx, tx, touched.numbers()); err != nil {
		return err
	}
	for _, item := range b.items {
		item.call.echo()
	}
	return nil
}

// enlist takes the connections. Where a transaction of the batch's own is in the way of others, it begins another.
func (b *batch) enlist(ctx context.Context, tx *Tx, shards []int) error {
	err := tx.of.enlist(ctx, shards)
	if err == nil || b.outer != nil || !errors.Is(err, messages.ErrTxConflict) {
		return err
	}
	_ = tx.Rollback(b.ctx)
	if tx, err = b.troupe.beginOn(b.ctx, shards); err != nil {
		return err
	}
	b.mu.Lock()
	b.mu.own = tx
	b.mu.Unlock()
	for _, item := range b.items {
		item.call.tx = tx.of
	}
	return nil
}

// route finds out where a statement goes. A chooser may block: only the batch waits for it.
func (b *batch) route(ctx context.Context, item *batchItem, sql string, args []any) error {
	var request messages.Request = &messages.Exec{SQL: sql, Args: args}
	if mayReturnRows(sql) {
		request = &messages.Query{SQL: sql, Args: args}
	}
	c, err := b.troupe.prepare(ctx, inquiryOf(request))
	if err != nil {
		return err
	}
	item.call, item.wantRows = c, c.wantRows
	if c.left != nothing {
		if err := c.finishRouting(); err != nil {
			return err
		}
		if c.left == askShards {
			if err := c.lookUp(); err != nil {
				return err
			}
		}
		if err := c.translate(); err != nil {
			return err
		}
		c.left, c.asked = nothing, false
	}
	return nil
}

// start starts the lanes.
func (b *batch) start() map[int]chan *batchItem {
	lengths := map[int]int{}
	for _, item := range b.items {
		for _, database := range item.databases {
			lengths[database]++
		}
	}
	queues := make(map[int]chan *batchItem, len(lengths))
	for database, n := range lengths {
		queues[database] = make(chan *batchItem, n)
		b.lanes.Add(1)
		b.troupe.cfg.System.Go(&batchLane{b, database, queues[database]})
	}
	return queues
}

// take waits for the result of a statement and returns its rows, described; or the batch's failure.
func (b *batch) take(i int) (*Rows, error) {
	item := b.items[i]
	select {
	case <-item.ready:
	default:
		select {
		case <-item.ready:
		case <-b.stopped():
		case <-b.ctx.Done():
			b.expire(item)
		}
	}
	select {
	case <-item.ready:
		if rows := b.takeRows(item); rows != nil {
			if item.wantRows {
				<-b.ahead
			}
			return rows, nil
		}
	default:
	}
	return nil, b.failure()
}

// awaitPlain waits for the statements from i on of which nobody wants more than that they run, and returns the one after them: to be
// woken by each of them costs as much as to run it.
func (b *batch) awaitPlain(i int) (next int) {
	next = i
	for next < len(b.items) && b.queued(next).Fn == nil && !mayReturnRows(b.queued(next).SQL) {
		next++
	}
	if next == i {
		return i + 1
	}
	select {
	case <-b.items[next-1].ready:
	case <-b.stopped():
	case <-b.ctx.Done():
	}
	return next
}

// takeRows returns a statement's rows for their only reader; nil if there are none, or if they were taken before.
func (b *batch) takeRows(item *batchItem) *Rows {
	b.mu.Lock()
	defer b.mu.Unlock()
	rows := item.rows
	item.rows = nil
	return rows
}

// expire gives a statement the grace to say what has come of it, when the context has ended.
func (b *batch) expire(item *batchItem) {
	timer := time.NewTimer(2 * grace)
	defer timer.Stop()
	select {
	case <-item.ready:
	case <-b.stopped():
	case <-timer.C: // a chooser, most likely
		b.fail(&messages.Error{Code: messages.ErrCanceled, Op: opBatch, Err: b.ctx.Err()})
	}
}

// end ends the batch once its results were read, or err has ended the reading, and returns what has come of it.
func (b *batch) end(err error) error {
	defer b.cancel()
	if len(b.items) == 0 {
		return err
	}
	if b.outer != nil {
		defer b.outer.of.letGo(b)
	}
	if err != nil {
		b.fail(err)
		if b.outer == nil {
			b.cancel() // which rolls back, too
		}
	}
	switch ended := b.wait(); {
	case err != nil:
	case ended:
		err = b.failure()
	default:
		err = &messages.Error{Code: messages.ErrCanceled, Op: opBatch, Err: b.ctx.Err()}
		b.fail(err) // who was left behind sends nothing any more
	}
	b.mu.Lock()
	own := b.mu.own
	b.mu.Unlock()
	switch {
	case own != nil:
		err = own.conclude(b.ctx, err)
	case b.outer != nil && err != nil && b.begun.Load():
		b.outer.of.fail(err)
	}
	return err
}

// wait waits for the lanes, and reports whether they have ended. After the context's end one that a chooser holds up is left behind.
func (b *batch) wait() bool {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.lanes.Wait()
	}()
	select {
	case <-ended:
		return true
	case <-b.ctx.Done():
	}
	timer := time.NewTimer(2 * grace)
	defer timer.Stop()
	select {
	case <-ended:
		return true
	case <-timer.C:
		return false
	}
}

// forgotten ends a batch whose results nobody holds any more.
func (b *batch) forgotten() {
	b.troupe.cfg.Logger.Warn("the results of a batch were forgotten, and it is rolled back: close them", "statements", len(b.items))
	err := &messages.Error{Code: messages.ErrCanceled, Op: opBatch, Detail: "its results were forgotten"}
	b.fail(err)
	b.cancel()
	if b.outer != nil {
		b.outer.of.fail(err)
		go func() {
			b.wait()
			b.outer.of.letGo(b)
		}()
	}
}

func (b *batch) report() BatchReport {
	b.mu.Lock()
	defer b.mu.Unlock()
	var report BatchReport
	for shard, count := range b.mu.counts {
		if count.Statements > 0 {
			count.Shard = b.troupe.cfg.Shards[shard].ID
			report = append(report, count)
		}
	}
	return report
}
