package coordinator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// grace is how long a call whose context has ended, or whose reader has left, waits for its workers to let go. They
// nearly always do in well under a millisecond; what they say then tells more than the context's error.
const grace = 25 * time.Millisecond

// call is one request on its way: what the coordinator is sent for it, where its answer is gathered, and the work that
// its caller runs itself. Everything about a small call is in this one allocation.
type call struct {
	troupe   *Troupe
	id       messages.CallID
	ctx      context.Context
	sql      string
	args     []any
	wantRows bool
	ddl      bool // it may change the schema
	options  messages.Options
	nested   bool               // it is a chooser's, and was admitted without a place
	identity *IdentityRequest   // what the identity chooser is asked; nil if the execute chooser is
	touched  *Touched           // told of what is sent; nil if nobody asks
	tx       *transaction       // it runs in one; else nil
	commits  bool               // it is a transaction's COMMIT
	lease    *shardworker.Lease // of a transaction's own statement, which has one target; else nil
	copy     *messages.Copy     // what is loaded in place of running SQL; else nil

	// How the call is routed and gathered; set before the call is submitted, or by its choosing.
	left     step          // what its choosing has to do
	asked    bool          // it asks the user's code: a chooser, or a route
	plans    []dialectPlan // of the statement, if it had to be understood
	narrowed *narrowing    // what the tables say, if they were asked
	gather   *gathering    // how the targets' rows become one answer; nil if they are handed out as they come
	sent     []sent        // what each target is sent; nil if it is the statement as it is
	// translated has the text of sent, or the statement, in the names of each target that has Names; nil if none has.
	translated []string
	targets    []int // numbers of the chosen shards
	among      []int // those that a pin or chooser named for an INSERT, whose rows have shards of their own; else nil
	target     [1]int
	executes   [1]messages.Execute  // the room for a single one
	rows       Rows                 // the room for the rows of a call that is over when they are made
	leases     []*shardworker.Lease // the connection of each target, in a transaction; nil outside of one, and before it was sent
	held       bool                 // rows have to be held, see window

	opening   opening
	reusable  bool         // see reuse.go
	holders   atomic.Int32 // of a reusable call
	stream    actors.Stream
	described actors.Promise[struct{}] // the columns are known, or the call has failed
	over      actors.Promise[struct{}] // no worker does anything for the call
	settled   func(err error)          // told what described is, if there is somebody to tell

	mu struct {
		sync.Mutex
		attended bool              // a caller waits and runs jobs
		job      messages.Job      // offered and not yet taken
		offered  chan messages.Job // made by a caller that waits for a job; capacity 1
		unwatch  func() bool       // ends the watch over ctx of a call that nobody attends
	}
}

var (
	_ actors.StreamOwner = (*call)(nil)
	_ actors.Refuser     = (*call)(nil)
	_ messages.Runner    = (*call)(nil)
)

// choosingKey marks the context of a chooser. What a chooser asks the troupe needs no place of its own: the call that waits
// for the chooser has one, and would wait for ever if all places were taken by such calls.
type choosingKey struct{}

// aside returns the context that the user's code is called with when a call asks it. It runs outside of the call's transaction, so that
// what it looks up takes no part in that.
func aside(ctx context.Context) context.Context {
	return WithTx(context.WithValue(ctx, choosingKey{}, true), nil)
}

// admit takes the call's place among those in flight. With wait it waits for one under the call's context.
func (c *call) admit(wait bool) (err error) {
	if c.tx != nil { // which has a place
		c.nested = true
		return c.troupe.open()
	}
	c.nested, err = c.troupe.admit(c.ctx, wait)
	return err
}

// admit takes a place among the calls in flight, unless it is nested in something that has one. With wait it waits for one under ctx.
func (t *Troupe) admit(ctx context.Context, wait bool) (nested bool, err error) {
	if err := t.open(); err != nil {
		return false, err
	}
	if ctx.Value(choosingKey{}) != nil {
		return true, nil
	}
	select {
	case t.inFlight <- struct{}{}:
		return false, nil
	default:
	}
	if !wait {
		return false, overloaded(nil)
	}
	select {
	case t.inFlight <- struct{}{}:
		return false, nil
	case <-ctx.Done():
		return false, overloaded(ctx.Err())
	case <-t.closing:
		return false, closedError("the troupe is closed")
	}
}

func overloaded(cause error) error {
	return &messages.Error{Code: messages.ErrOverloaded, Op: "admission", Detail: "as many calls as MaxInFlight allows are in flight", Err: cause}
}

// submit sends the call to the coordinator. REQUIRES: it was admitted.
func (c *call) submit() { c.troupe.self.Notify(c) }

// Refuse fails a call that the coordinator won't accept.
func (c *call) Refuse(err error) {
	if errors.Is(err, messages.ErrUnavailable) { // the coordinator has stopped
		err = closedError("the troupe is closed")
	}
	c.stream.Fail(err)
}

// dispatch sends the commands to the workers: the coordinator's.
func (c *call) dispatch() {
	t := c.troupe
	c.forgetTexts()
	var room [1]actors.Source
	sources := room[:0]
	for _, shard := range c.targets {
		sources = append(sources, actors.Source{Shard: t.cfg.Shards[shard].ID, Worker: t.workers[shard].Load()})
	}
	if err := c.takeTurns(); err != nil {
		c.stream.Fail(err)
		return
	}
	c.countMerge(1)
	if !c.stream.Open(sources...) {
		c.leaveTurns()
		c.countMerge(-1)
		return
	}
	if c.touched != nil {
		c.touched.note(TouchedCall{SQL: c.sql, Shards: c.targetIDs()})
	}
	executes := c.executes[:]
	if len(sources) > 1 {
		executes = make([]messages.Execute, len(sources))
	}
	for i := range sources {
		sql, args := c.statementFor(i)
		executes[i] = messages.Execute{
			Call: c.id, Source: i, SQL: sql, Args: args, WantRows: c.wantRows,
			Window: c.window(), BatchBytes: t.cfg.BatchBytes, Context: without(c.ctx), ReplyTo: &c.stream, Ordered: c.held, Copy: c.copy, Commits: c.commits,
		}
		if c.leases != nil {
			executes[i].Lease = c.leases[i]
		}
		if len(sources) == 1 {
			executes[i].Runner = c
		}
		sources[i].Worker.Tell(&executes[i])
	}
	c.stream.CancelIfOver()
}

// holdsWhileItWaits reports whether the call may hold connections of some shards while it waits for those of others: because its
// rows are read in an order.
func (c *call) holdsWhileItWaits() bool {
	return len(c.targets) > 1 && c.tx == nil && (c.options.Order == messages.InShardOrder || c.gather != nil && c.gather.ordered)
}

// countMerge counts such a call as it begins, or ends.
func (c *call) countMerge(n int) {
	if !c.holdsWhileItWaits() {
		return
	}
	databases := make([]int, len(c.targets))
	for i, shard := range c.targets {
		databases[i] = c.troupe.databaseOf(shard)
	}
	c.troupe.leases.merge(databases, n)
}

// takeTurns gets the targets' turns on the connections of the transaction, if the call is in one.
func (c *call) takeTurns() error {
	switch {
	case c.lease != nil:
		if err := c.lease.Claim(c.id, 0); err != nil {
			return err
		}
		c.leases = []*shardworker.Lease{c.lease}
		return nil
	case c.tx != nil:
		return c.tx.claim(c)
	default:
		c.holdRows()
		return nil
	}
}

// leaveTurns gives up the turns of a call that isn't sent.
func (c *call) leaveTurns() {
	for i, lease := range c.leases {
		if lease != nil {
			lease.Pass(c.id, i)
		}
	}
	if c.tx != nil {
		c.tx.callOver(c)
	}
	c.leases = nil
}

// statementFor returns what a target is sent.
func (c *call) statementFor(target int) (sql string, args []any) {
	sql, args = c.sql, c.args
	if c.sent != nil {
		sql, args = c.sent[target].sql, c.sent[target].args
	}
	if c.translated != nil && c.translated[target] != "" {
		sql = c.translated[target]
	}
	return sql, args
}

// echo tells what is about to be sent, on the goroutine that has chosen the targets: a log handler may block or panic.
func (c *call) echo() {
	if c.troupe.cfg.Echo == nil {
		return
	}
	for i, shard := range c.targets {
		sql, args := c.statementFor(i)
		c.troupe.cfg.Echo.InfoContext(c.ctx, "sql", "shard", string(c.troupe.cfg.Shards[shard].ID), "call", uint64(c.id),
			"sql", sql, "args", len(args))
	}
}

func (c *call) targetIDs() []messages.ShardID {
	ids := make([]messages.ShardID, len(c.targets))
	for i, shard := range c.targets {
		ids[i] = c.troupe.cfg.Shards[shard].ID
	}
	return ids
}

// lose fails the call if it waits for a shard whose worker was lost.
func (c *call) lose(shard int, err error) {
	if !c.stream.Opened() {
		return // its chooser may be at the targets, and no worker knows of it
	}
	for source, target := range c.targets {
		if target == shard && c.stream.Waiting(source) {
			if c.inDoubt() {
				err = &messages.Error{Code: messages.ErrOutcomeUnknown, Shard: c.troupe.cfg.Shards[shard].ID, Err: err}
			}
			c.stream.Fail(err)
		}
	}
}

// inDoubt reports whether nobody knows what the call has done where its answer is lost. In a transaction only a commit is.
func (c *call) inDoubt() bool {
	return messages.MayWrite(c.sql) && (c.tx == nil && c.lease == nil || c.commits)
}

// cutOff fails the call from outside: err is why. What was sent and may write has an unknown outcome then.
func (c *call) cutOff(err error) {
	if c.stream.Opened() {
		c.stream.CancelAll(err) // of a transaction's call, too; what only waits for a connection says that nothing was sent
		if c.inDoubt() {
			err = &messages.Error{Code: messages.ErrOutcomeUnknown, Op: "wait", Err: err}
		}
	}
	c.stream.Fail(err)
}

// StreamDescribed settles the call's future.
func (c *call) StreamDescribed(err error) {
	c.described.Resolve(struct{}{}, err)
	if settled := c.settled; settled != nil {
		c.settled = nil // it leads to the Rows, which must be collectable if they are forgotten
		settled(err)
	}
	if err != nil && !c.stream.Opened() {
		c.end()
	}
}

// StreamEnded is told when the workers have let go.
func (c *call) StreamEnded() {
	if c.tx != nil { // before anybody can go on in it
		c.tx.callOver(c)
	}
	c.countMerge(-1)
	c.end()
	c.letGo()
}

func (c *call) end() {
	if !c.over.Resolve(struct{}{}, nil) {
		return
	}
	c.mu.Lock()
	unwatch := c.mu.unwatch
	c.mu.Unlock()
	if unwatch != nil {
		unwatch()
	}
	c.forgetTexts()
	if !c.nested {
		<-c.troupe.inFlight
	}
	c.troupe.calls.remove(c)
}

// Offer takes the only job of an attended call for the goroutine that waits.
func (c *call) Offer(job messages.Job) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.mu.attended {
		return false
	}
	if c.mu.offered != nil {
		c.mu.offered <- job
	} else {
		c.mu.job = job
	}
	return true
}

// attend waits until the columns are known or the call has failed, and meanwhile runs the call's own job.
// REQUIRES: attended was set before the call was submitted.
func (c *call) attend() error {
	described := c.described.Future()
	for {
		job, offered := c.takeJob()
		if job != nil {
			job.Run()
			continue
		}
		if _, err, settled := described.Result(); settled {
			c.leaveJobs()
			return err
		}
		select {
		case job := <-offered:
			job.Run()
		case <-described.Done():
		case <-c.ctx.Done():
			c.leaveJobs()
			return c.expire()
		}
	}
}

// takeJob returns the offered job, or a channel on which one will be.
func (c *call) takeJob() (messages.Job, chan messages.Job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	job := c.mu.job
	c.mu.job = nil
	if job == nil && c.mu.offered == nil {
		if _, _, settled := c.described.Future().Result(); !settled {
			c.mu.offered = make(chan messages.Job, 1)
		}
	}
	return job, c.mu.offered
}

// leaveJobs ends the attendance. A job that was offered meanwhile is run by the system.
func (c *call) leaveJobs() {
	c.mu.Lock()
	c.mu.attended = false
	job := c.mu.job
	c.mu.job = nil
	if c.mu.offered != nil {
		select {
		case job = <-c.mu.offered:
		default:
		}
	}
	c.mu.Unlock()
	if job != nil {
		c.troupe.cfg.System.Go(job)
	}
}

// expire ends a call whose context has ended, and returns its error: what the shards say within the grace, if they do.
// It returns nil if they ended complete after all.
func (c *call) expire() error {
	cause := endOf(c.ctx)
	c.stream.CancelAll(cause)
	if c.stream.Opened() {
		c.awaitOver()
		_, _, over := c.over.Future().Result()
		if err := c.stream.Err(); err != nil || over {
			return err // an answer that is there wins, a complete one too
		}
	}
	if c.tx != nil {
		c.awaitRouted() // what kept it from getting a connection tells more
	}
	c.stream.Fail(c.expired(cause))
	return c.stream.Err()
}

// endOf returns the error of a context that has ended, with its cause, if that says more.
func endOf(ctx context.Context) error {
	err := ctx.Err()
	if cause := context.Cause(ctx); !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// awaitRouted waits for the choosing to fail, within the grace.
func (c *call) awaitRouted() {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.described.Future().Done():
	case <-timer.C:
	}
}

func (c *call) expired(cause error) error {
	switch {
	case !c.stream.Opened() && c.asked:
		return &messages.Error{Code: messages.ErrChooser, Op: "route", Detail: "no answer before the context ended", Err: cause}
	case c.stream.Opened() && c.inDoubt():
		return &messages.Error{
			Code: messages.ErrOutcomeUnknown, Op: "wait", Detail: "no answer before the context ended",
			Err: &messages.Error{Code: messages.ErrCanceled, Err: cause},
		}
	default:
		return &messages.Error{Code: messages.ErrCanceled, Op: "wait", Err: cause}
	}
}
