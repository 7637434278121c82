package coordinator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// transaction is what the whole of a transaction and its savepoints, each a [Tx], share: the shards that it has enlisted, and how
// far it has come.
type transaction struct {
	troupe  *Troupe
	id      uint64
	ctx     context.Context // bounds it
	options TxOptions
	only    int // the number of its only shard; -1 if there may be several
	attempt int
	gone    actors.Promise[struct{}] // its connections were given back
	joining chan struct{}            // has an element while a database is being enlisted; capacity 1

	mu struct {
		sync.Mutex
		participants []*participant // in the order of their databases
		savepoints   []string       // the open ones, the outermost first
		named        int            // how many savepoints there have been
		running      int            // calls that were sent and are not over
		holders      []holder       // what runs several statements, between which none does
		quiet        chan struct{}  // made by who waits until nothing runs, holders included; closed then
		uncalled     chan struct{}  // made by who waits for running to be 0; closed then
		escaped      error          // a statement has ended the transaction of a shard by itself
		first        []int          // the databases that are committed before the others
		failed       error          // the error of a statement: only a rollback is possible
		ended        error          // why there is no transaction any more; nil while there is
		ending       bool           // a commit has begun
		ddl          bool           // a statement may have changed the schema
		unwatch      func() bool    // ends the watch over ctx
	}
}

var transactions atomic.Uint64 // numbers the transactions of a process

// newTransaction returns a transaction that has enlisted no shard, once it has its place among the calls in flight.
func (t *Troupe) newTransaction(ctx context.Context, o TxOptions, only, attempt int) (*Tx, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, &messages.Error{Code: messages.ErrCanceled, Op: opBegin, Err: err}
	}
	nested, err := t.admit(ctx, true)
	if err != nil {
		return nil, err
	}
	x := &transaction{troupe: t, id: transactions.Add(1), ctx: ctx, options: o, only: only, attempt: attempt, joining: make(chan struct{}, 1)}
	if !t.leases.open(x, nested) {
		if !nested {
			<-t.inFlight
		}
		return nil, closedError("the troupe is closed")
	}
	x.mu.Lock()
	x.mu.unwatch = context.AfterFunc(ctx, x.expire)
	x.mu.Unlock()
	tx := &Tx{of: x}
	tx.cleanup = runtime.AddCleanup(tx, (*transaction).forgotten, x)
	return tx, nil
}

// forgotten ends a transaction that nobody holds any more.
func (x *transaction) forgotten() {
	if x.state() != nil {
		return
	}
	x.troupe.cfg.Logger.Warn("a transaction was forgotten and is rolled back: commit it or roll it back", "transaction", x.id)
	x.abandon(&messages.Error{Code: messages.ErrCanceled, Op: "transaction", Detail: "it was forgotten"})
}

// state returns why there is no transaction any more; nil while there is.
func (x *transaction) state() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.mu.ended
}

// usable returns an error if no statement can be run.
func (x *transaction) usable() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.usableLocked()
}

func (x *transaction) usableLocked() error {
	switch {
	case x.mu.ended != nil:
		return x.mu.ended
	case x.mu.ending:
		return txClosed("it is being committed or rolled back", nil)
	case x.mu.failed != nil:
		return &messages.Error{
			Code: messages.ErrTxAborted, Op: "transaction",
			Detail: "a statement of it has failed: roll it back, or to a savepoint before the statement", Err: x.mu.failed,
		}
	default:
		return nil
	}
}

// txClosed is the error of what is used after its end.
func txClosed(detail string, cause error) error {
	code := messages.ErrInvalidRequest
	err := pgx.ErrTxClosed
	if cause != nil {
		code, err = messages.ErrTxAborted, fmt.Errorf("%w: %w", pgx.ErrTxClosed, cause)
	}
	return &messages.Error{Code: code, Op: "transaction", Detail: detail, Err: err}
}

// begun counts a call that is about to be sent.
func (x *transaction) begun(c *call) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.usableLocked(); err != nil {
		return err
	}
	x.mu.running++
	x.mu.ddl = x.mu.ddl || c.ddl
	return nil
}

// callOver counts a call that no worker does anything for any more, and notes whether a shard has failed.
func (x *transaction) callOver(c *call) {
	ends := c.stream.Ends()
	failure, escaped := failure(ends), c.escaped(ends)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.mu.escaped == nil {
		x.mu.escaped = escaped
	}
	if x.mu.failed == nil {
		x.mu.failed = cmp.Or(escaped, failure)
	}
	x.mu.running--
	x.quietLocked()
}

// failure returns the error of a shard that leaves the transaction aborted; nil if there is none. What every shard refused before it was
// sent leaves it as it was.
func failure(ends []*messages.End) error {
	var failed error
	refused := true
	for _, end := range ends {
		if end == nil || end.Err == nil {
			refused = false
			continue
		}
		failed = cmp.Or(failed, end.Err)
		refused = refused && errors.Is(end.Err, messages.ErrInvalidRequest)
	}
	if refused {
		return nil
	}
	return failed
}

// escaped returns an error if the statement has ended the transaction of a shard: it held a COMMIT, or a PREPARE TRANSACTION, that
// could not be seen. A SQLite transaction that is over after an error was rolled back by that.
func (c *call) escaped(ends []*messages.End) error {
	for i, end := range ends {
		shard := c.targets[i]
		if end == nil || c.leases[i].TxStatus() != 'I' || end.Err != nil && c.troupe.dialects[shard] == messages.SQLite {
			continue
		}
		return &messages.Error{
			Code: messages.ErrOutcomeUnknown, Op: "transaction", Shard: c.troupe.cfg.Shards[shard].ID,
			Detail: "a statement of it has ended the transaction there, and perhaps committed what came before", Err: end.Err,
		}
	}
	return nil
}

// escaped returns the error of a transaction that a statement has ended on a shard.
func (x *transaction) escaped() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.mu.escaped
}

// settle waits until nothing runs, within the grace: a call that has answered is over at once, open rows and open batches are not.
func (x *transaction) settle() error {
	x.mu.Lock()
	return x.awaitLocked(x.busyLocked(), &x.mu.quiet)
}

// settleCalls waits until no call runs, within the grace.
func (x *transaction) settleCalls() error {
	x.mu.Lock()
	return x.awaitLocked(x.mu.running > 0, &x.mu.uncalled)
}

// awaitLocked waits, within the grace, for what closes a channel, if it has to. It unlocks x.
func (x *transaction) awaitLocked(wait bool, made *chan struct{}) error {
	if !wait {
		x.mu.Unlock()
		return nil
	}
	if *made == nil {
		*made = make(chan struct{})
	}
	quiet := *made
	x.mu.Unlock()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-quiet:
		return nil
	case <-timer.C:
		return errRunning
	}
}

var errRunning = &messages.Error{
	Code: messages.ErrInvalidRequest, Op: "transaction", Detail: "a statement or batch of it still runs: read its rows to the end, or close them",
}

// abandon rolls everything back without waiting for it, because cause makes it impossible to go on.
func (x *transaction) abandon(cause error) {
	if x.finish(txClosed("it was rolled back", cause), false) {
		x.troupe.cfg.System.Go(&leaving{x})
	}
}

// expire ends a transaction whose context has ended.
func (x *transaction) expire() {
	x.abandon(&messages.Error{Code: messages.ErrCanceled, Op: "transaction", Err: x.ctx.Err()})
}

// leaving gives the connections of a transaction back, on a goroutine of its own: a database in a file takes its time to roll back.
type leaving struct{ *transaction }

func (l *leaving) Run() { l.leave() }

// finish says that there is no transaction any more and why, unless somebody did before. A commit that has begun is finished by
// who commits, and only then.
func (x *transaction) finish(why error, committing bool) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.mu.ended != nil || x.mu.ending != committing {
		return false
	}
	x.mu.ended = why
	return true
}

// leave gives the connections back. REQUIRES: finish has returned true.
func (x *transaction) leave() {
	x.mu.Lock()
	participants, unwatch, ddl := x.mu.participants, x.mu.unwatch, x.mu.ddl
	x.mu.Unlock()
	if unwatch != nil {
		unwatch()
	}
	for _, p := range participants {
		p.end()
		if ddl { // what was asked while it was open may never have come true
			for _, shard := range x.troupe.shardsOf(p.database) {
				x.troupe.texts[shard].forget()
			}
		}
	}
	x.troupe.leases.close(x)
	x.gone.Resolve(struct{}{}, nil)
}

// over returns why there is no transaction any more, once its connections were given back, or the grace is over: who learns of
// the end finds them free. REQUIRES: there is none.
func (x *transaction) over() error {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-x.gone.Future().Done():
	case <-timer.C:
	}
	return x.state()
}

const commitSQL = "COMMIT"

// control runs a statement of the transaction's own on a participant: BEGIN, COMMIT, SAVEPOINT ….
func (x *transaction) control(ctx context.Context, p *participant, sql string) (tag string, err error) {
	c := x.troupe.newCall(ctx, sql, nil, false, messages.Options{})
	c.targets = c.target[:]
	c.target[0] = p.database
	c.lease, c.nested, c.commits = p.lease, true, sql == commitSQL
	c.mu.attended = true
	c.echo()
	c.submit()
	err = c.attend()
	if err == nil || ctx.Err() == nil {
		c.awaitOver()
	}
	if err != nil {
		return "", err
	}
	return newRows(c).CommandTag().String(), nil
}

// onEach runs a control statement on participants, at the same time, and returns the error of each.
func (x *transaction) onEach(ctx context.Context, participants []*participant, sql string) []error {
	errs := make([]error, len(participants))
	if len(participants) == 1 {
		_, errs[0] = x.control(ctx, participants[0], sql)
		return errs
	}
	var all sync.WaitGroup
	for i, p := range participants {
		all.Add(1)
		x.troupe.cfg.System.Go(&controlling{x: x, ctx: ctx, p: p, sql: sql, err: &errs[i], done: all.Done})
	}
	all.Wait()
	return errs
}

// controlling is a control statement on a goroutine of its own.
type controlling struct {
	x    *transaction
	ctx  context.Context
	p    *participant
	sql  string
	err  *error
	done func()
}

func (c *controlling) Run() {
	defer c.done()
	_, *c.err = c.x.control(c.ctx, c.p, c.sql)
}

// list returns the participants, in the order of their databases.
func (x *transaction) list() []*participant {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.mu.participants)
}

// shardsOf returns the numbers of the shards that are one database.
func (t *Troupe) shardsOf(database int) []int {
	var shards []int
	for shard := range t.backends {
		if t.databaseOf(shard) == database {
			shards = append(shards, shard)
		}
	}
	return shards
}
