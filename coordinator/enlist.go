package coordinator

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// participant is a database that takes part in a transaction: one connection of it, for all shards that it is.
type participant struct {
	transaction *transaction
	database    int // the number that databaseOf returns of its shards
	place       place
	lease       *shardworker.Lease
	shards      []messages.ShardID       // those of its shards that take part; guarded by the transaction's mu
	depth       int                      // how many savepoints were open when it was enlisted, and are
	ready       actors.Promise[struct{}] // BEGIN has ended
}

// enlist makes shards take part in the transaction, as far as they don't. Those that it has to wait for are taken in order, so
// that transactions which know their shards before can't wait for each other in a circle.
func (x *transaction) enlist(ctx context.Context, shards []int) error {
	databases := make([]int, 0, len(shards))
	for _, shard := range shards {
		databases = append(databases, x.troupe.databaseOf(shard))
	}
	slices.Sort(databases)
	for _, database := range slices.Compact(databases) {
		if err := x.join(ctx, database); err != nil {
			return err
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, shard := range shards {
		p, id := x.participantLocked(x.troupe.databaseOf(shard)), x.troupe.cfg.Shards[shard].ID
		if p != nil && !slices.Contains(p.shards, id) {
			p.shards = append(p.shards, id)
		}
	}
	return nil
}

// enlisted reports whether all shards take part already.
func (x *transaction) enlisted(shards []int) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, shard := range shards {
		p := x.participantLocked(x.troupe.databaseOf(shard))
		if p == nil || !slices.Contains(p.shards, x.troupe.cfg.Shards[shard].ID) {
			return false
		}
	}
	return true
}

func (x *transaction) participantLocked(database int) *participant {
	if at, found := x.placeLocked(database); found {
		return x.mu.participants[at]
	}
	return nil
}

// placeLocked returns where a database's participant is among the others, or would be.
func (x *transaction) placeLocked(database int) (at int, found bool) {
	return slices.BinarySearchFunc(x.mu.participants, database, func(p *participant, d int) int { return p.database - d })
}

// join begins the transaction on a database, or waits until who does has.
func (x *transaction) join(ctx context.Context, database int) error {
	x.mu.Lock()
	if err := x.usableLocked(); err != nil {
		x.mu.Unlock()
		return err
	}
	if p := x.participantLocked(database); p != nil {
		x.mu.Unlock()
		_, err := p.ready.Future().Wait(ctx)
		if err != nil && err == ctx.Err() {
			err = &messages.Error{Code: messages.ErrCanceled, Op: opBegin, Err: err}
		}
		return err
	}
	readOnly := x.options.AccessMode == pgx.ReadOnly
	p := &participant{
		transaction: x, database: database, place: x.troupe.placeOf(database, readOnly),
		lease: shardworker.NewLease(readOnly), depth: len(x.mu.savepoints),
	}
	at, _ := x.placeLocked(database)
	x.mu.participants = slices.Insert(x.mu.participants, at, p)
	x.mu.Unlock()

	err := x.begin(ctx, p)
	if err != nil {
		x.drop(p)
	}
	p.ready.Resolve(struct{}{}, err)
	return err
}

// begin gets a connection and begins the transaction there.
func (x *transaction) begin(ctx context.Context, p *participant) error {
	select { // one after the other: who waits for two at once could get the one when it is too late to see the circle
	case x.joining <- struct{}{}:
		defer func() { <-x.joining }()
	case <-ctx.Done():
		return &messages.Error{Code: messages.ErrCanceled, Op: opBegin, Err: endOf(ctx)}
	}
	leases := x.troupe.leases
	if err := leases.want(x, p.place); err != nil {
		return messages.OnShard(err, x.troupe.cfg.Shards[p.database].ID, opBegin, messages.ErrTxConflict)
	}
	begin := x.options.beginSQL(x.troupe.dialects[p.database])
	if !leases.holding(x) { // nobody waits for it
		_, err := x.control(ctx, p, begin)
		leases.got(x, p.place, err == nil)
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := x.watchMerges(cancel)
	_, err := x.control(ctx, p, begin)
	stop()
	if err != nil && errors.Is(context.Cause(ctx), errMerging) {
		err = messages.OnShard(errMerging, x.troupe.cfg.Shards[p.database].ID, opBegin, messages.ErrTxConflict)
	}
	cancel(nil)
	leases.got(x, p.place, err == nil)
	return err
}

// mergeTimeout is how long a transaction that holds connections waits for another one while a merge goes over a database of which
// it has one. The merge may hold the other one's, and wait for this one: nobody can see that, as little as PostgreSQL can
// see a deadlock before it has looked for one.
const mergeTimeout = time.Second

var errMerging = &messages.Error{
	Code: messages.ErrTxConflict, Op: opBegin,
	Detail: "a merged statement goes over a shard of this transaction, and may wait for it: name its shards when it begins, or run it again",
}

// watchMerges cancels a wait that may be for ever because of a merge. It returns what ends the watch.
func (x *transaction) watchMerges(cancel context.CancelCauseFunc) (stop func()) {
	done := make(chan struct{})
	var timer *time.Timer
	timer = time.AfterFunc(mergeTimeout, func() {
		select {
		case <-done:
		default:
			if x.troupe.leases.merging(x) {
				cancel(errMerging)
				return
			}
			timer.Reset(mergeTimeout)
		}
	})
	return func() {
		close(done)
		timer.Stop()
	}
}

// drop makes a participant none any more. Its connection is given back, whatever its state.
func (x *transaction) drop(p *participant) {
	x.mu.Lock()
	if i := slices.Index(x.mu.participants, p); i >= 0 {
		x.mu.participants = slices.Delete(slices.Clone(x.mu.participants), i, i+1)
	}
	x.mu.Unlock()
	p.end()
}

// end gives the connection back, and counts it as given back if it was there.
func (p *participant) end() {
	p.lease.End()
	if _, err, begun := p.ready.Future().Result(); begun && err == nil {
		p.transaction.troupe.leases.free(p.transaction, p.place)
	}
}

// claim asks for the turns of a call's targets on their connections. It fails where a statement of another call still runs.
func (x *transaction) claim(c *call) error {
	if err := x.begun(c); err != nil {
		return err
	}
	c.leases = make([]*shardworker.Lease, len(c.targets))
	x.mu.Lock()
	for i, shard := range c.targets {
		if p := x.participantLocked(x.troupe.databaseOf(shard)); p != nil {
			c.leases[i] = p.lease
		}
	}
	x.mu.Unlock()
	sources := map[*shardworker.Lease][]int{} // by their turns on it
	for i, lease := range c.leases {
		sources[lease] = append(sources[lease], i)
	}
	for i, lease := range c.leases {
		turns := sources[lease]
		if turns[0] < i {
			continue // it was claimed for all of them
		}
		err := errNoPart
		if lease != nil {
			err = lease.Claim(c.id, turns...)
		}
		if err != nil {
			c.leaveTurns()
			return err
		}
		c.held = c.held || len(turns) > 1 && c.wantRows // whatever their order: there is no reader before all have begun
	}
	if c.held {
		c.stream.Widen(c.window())
	}
	return nil
}

var errNoPart error = &messages.Error{
	Code: messages.ErrTxAborted, Op: "transaction", Detail: "the shard takes no part in it any more", // it was rolled back to a savepoint meanwhile
}

// window is how many batches a shard may be ahead of the reader. Shards that are one database answer one after the other in a
// transaction, and change one after the other in SQLite; all but the last one's rows have to be held, as far as a merge may hold rows.
func (c *call) window() int {
	t := c.troupe
	if !c.held {
		return t.cfg.Window
	}
	return max(t.cfg.Window, t.cfg.MergeBytes/t.cfg.BatchBytes)
}
