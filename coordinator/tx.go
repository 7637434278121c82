package coordinator

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

const opBegin = "begin"

// Tx is a transaction over one shard or several, or a savepoint in one. Statements are routed, merged and refused as outside of it.
// A shard takes part from the first statement that touches it; it is a real transaction there.
//
// The context that it was begun with bounds all of it: when it ends before a commit, everything is rolled back, as it is when
// the troupe is closed, and when the Tx is forgotten. A statement that fails on a shard, or whose context ends there, aborts the whole,
// on SQLite as on PostgreSQL: only a rollback is possible then, and else there is [messages.ErrTxAborted]. What is refused before
// it was sent aborts nothing.
//
// On one shard, one statement runs at a time: the next while rows are open is [messages.ErrInvalidRequest]. On different shards they
// may run at once. Rows that are closed before their end are read to it. Shards that are one database have one
// connection in the transaction. No savepoint is set or ended while rows are open, or the results of a batch.
//
// There is no snapshot over several shards: each has its own, and commits by itself. See [CommitError].
type Tx struct {
	of      *transaction
	outer   *Tx    // keeps it from being collected; nil for the whole
	depth   int    // 0 for the whole, n for the n-th savepoint within
	name    string // of the savepoint
	closed  atomic.Bool
	cleanup runtime.Cleanup // of the whole
}

var _ pgx.Tx = (*Tx)(nil)

// Begin begins a transaction on the one shard that the pin in ctx names, or the only one there is: a *Tx whose statements all
// run there as they are. Where ctx carries a transaction already, it is a savepoint of that. See [Tx] for how long ctx bounds it.
func (t *Troupe) Begin(ctx context.Context) (pgx.Tx, error) { return t.BeginTx(ctx, pgx.TxOptions{}) }

// BeginTx is [Troupe.Begin] with options, which a savepoint can't have.
func (t *Troupe) BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) {
	if outer := TxOf(ctx); outer != nil {
		return t.nest(ctx, outer, TxOptions{TxOptions: o})
	}
	shard, err := t.onlyShard(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := t.begin(ctx, TxOptions{TxOptions: o, Shards: []messages.ShardID{shard}}, t.index[shard], 1)
	if err != nil {
		return nil, err
	}
	return tx, nil
}

// BeginAll begins a transaction that shards join when they are touched. Where ctx carries a transaction already, it is a
// savepoint of that. See [Tx] for how long ctx bounds it.
func (t *Troupe) BeginAll(ctx context.Context, o TxOptions) (*Tx, error) {
	if outer := TxOf(ctx); outer != nil {
		return t.nest(ctx, outer, o)
	}
	return t.begin(ctx, o, -1, 1)
}

func (t *Troupe) nest(ctx context.Context, outer *Tx, o TxOptions) (*Tx, error) {
	if o.TxOptions != (pgx.TxOptions{}) {
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: opBegin, Detail: "the context carries a transaction, and a savepoint of it can't have options"}
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	if outer.of.troupe != t {
		return nil, errOtherTroupe
	}
	shards, err := t.numbers(o.Shards)
	if err != nil {
		return nil, err
	}
	inner, err := outer.savepoint(ctx)
	if err != nil {
		return nil, err
	}
	if err := outer.of.enlist(ctx, shards); err != nil {
		return nil, errors.Join(err, inner.Rollback(ctx))
	}
	return inner, nil
}

var errOtherTroupe = &messages.Error{Code: messages.ErrInvalidRequest, Op: "transaction", Detail: "the context carries a transaction of another troupe"}

func (t *Troupe) begin(ctx context.Context, o TxOptions, only, attempt int) (*Tx, error) {
	shards, err := t.numbers(o.Shards)
	if err != nil {
		return nil, err
	}
	tx, err := t.newTransaction(ctx, o, only, attempt)
	if err != nil {
		return nil, err
	}
	if err := tx.of.enlist(ctx, shards); err != nil {
		_ = tx.Rollback(ctx)
		return nil, err
	}
	return tx, nil
}

// numbers returns the numbers of the shards that a transaction names.
func (t *Troupe) numbers(ids []messages.ShardID) ([]int, error) {
	shards := make([]int, 0, len(ids))
	for _, id := range ids {
		if _, err := t.known(id, "transaction"); err != nil {
			return nil, err
		}
		shards = append(shards, t.index[id])
	}
	return shards, nil
}

// onlyShard returns the shard that a transaction on one shard is begun on.
func (t *Troupe) onlyShard(ctx context.Context) (messages.ShardID, error) {
	p := pinOf(ctx)
	switch {
	case p.nowhere:
		return "", errNowhere
	case len(p.shards) == 1:
		return t.known(p.shards[0], "pin")
	case len(p.shards) == 0 && len(t.cfg.Shards) == 1:
		return t.cfg.Shards[0].ID, nil
	}
	return "", &messages.Error{
		Code: messages.ErrNoRoute, Op: opBegin, Detail: "a pgx.Tx is on one shard: pin ctx with OnShard, or begin one over several with BeginAll",
	}
}

type txKey struct{}

// WithTx returns a context whose calls run in tx: those of the troupe, and Get, Related and the like. With nil they run outside of any:
// on other connections, which they wait for while the transaction of ctx, if there is one, keeps its own.
func WithTx(ctx context.Context, tx *Tx) context.Context {
	if tx == nil && TxOf(ctx) != nil {
		ctx = context.WithValue(ctx, choosingKey{}, true) // who waits for the call has a place among those in flight
	}
	return &txContext{ctx, tx}
}

// txContext is a context with its transaction. It is no context.WithValue, so that a call can tell what is in it from what is around.
type txContext struct {
	context.Context
	tx *Tx
}

func (c *txContext) Value(key any) any {
	if key == (txKey{}) {
		return c.tx
	}
	return c.Context.Value(key)
}

// without returns ctx without the transaction that was put into it last. A driver may hold on to a statement's context for as long as
// its connection lives, which a forgotten transaction would keep alive, and so never be seen to be forgotten.
func without(ctx context.Context) context.Context {
	if c, ok := ctx.(*txContext); ok {
		return c.Context
	}
	return ctx
}

// TxOf returns the transaction that calls with ctx run in; nil if they run in none.
func TxOf(ctx context.Context) *Tx {
	tx, _ := ctx.Value(txKey{}).(*Tx)
	return tx
}

// ID returns the number of the transaction in this process; a savepoint has that of the whole.
func (tx *Tx) ID() uint64 { return tx.of.id }

// Attempt returns how many times [Troupe.InTx] has run its function, this time included; 1 outside of it.
func (tx *Tx) Attempt() int { return tx.of.attempt }

// Shards returns the shards that take part so far, in configuration order.
func (tx *Tx) Shards() []messages.ShardID {
	tx.of.mu.Lock()
	defer tx.of.mu.Unlock()
	var ids []messages.ShardID
	for _, s := range tx.of.troupe.cfg.Shards {
		if p := tx.of.participantLocked(tx.of.troupe.databaseOf(tx.of.troupe.index[s.ID])); p != nil && slices.Contains(p.shards, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// open returns an error if tx has ended.
func (tx *Tx) open() error {
	why := tx.of.state()
	switch {
	case why != nil:
		return why
	case tx.closed.Load():
		return txClosed("it has ended", nil)
	}
	return tx.of.usable()
}

// takes completes the options of a request of t that is made in tx, or says why it can't be.
func (tx *Tx) takes(t *Troupe, o *messages.Options) error {
	x := tx.of
	if x.troupe != t {
		return errOtherTroupe
	}
	if err := tx.open(); err != nil {
		return err
	}
	if x.only < 0 {
		return nil
	}
	only := t.cfg.Shards[x.only].ID
	for _, id := range o.Shards {
		if id != only {
			return elsewhere(id, only)
		}
	}
	if o.AllShards && len(t.cfg.Shards) > 1 {
		return elsewhere("all shards", only)
	}
	if len(o.Shards) == 0 {
		o.Shards = []messages.ShardID{only}
	}
	return nil
}

// reaches refuses a call that its token, or the object that it is loaded from, leads to another shard than the transaction's only one.
func (x *transaction) reaches(c *call) error {
	if x.only < 0 {
		return nil
	}
	only, token := x.troupe.cfg.Shards[x.only].ID, c.options.Token
	if c.identity != nil && token == "" {
		key, _ := KeyOf(c.identity.LoadedFrom)
		token = key.Shard
	}
	if token != "" && token != only {
		return elsewhere(token, only)
	}
	return nil
}

func elsewhere(pin, only messages.ShardID) error {
	return &messages.Error{
		Code: messages.ErrInvalidRequest, Op: "transaction", Shard: only,
		Detail: "the transaction is on this shard alone, and the call belongs on " + string(pin),
	}
}

// errLoneControl is for a statement that would begin or end a transaction on a connection that nobody has afterwards.
var errLoneControl = &messages.Error{
	Code: messages.ErrInvalidRequest, Op: "route", Detail: "a statement by itself can't begin or end a transaction: use Begin, BeginAll or InTx",
}

var errControl = &messages.Error{
	Code: messages.ErrInvalidRequest, Op: "transaction", Detail: "a statement can't begin or end a transaction or savepoint here: use Begin, Commit and Rollback",
}

// Query is [Troupe.Query] in the transaction. Rows that are closed before their end are read to it.
func (tx *Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return tx.of.troupe.Query(WithTx(ctx, tx), sql, args...)
}

// QueryRow is [Troupe.QueryRow] in the transaction.
func (tx *Tx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return tx.of.troupe.QueryRow(WithTx(ctx, tx), sql, args...)
}

// Exec is [Troupe.Exec] in the transaction. Statements that begin or end a transaction or savepoint are refused: Begin, Commit and
// Rollback do that.
func (tx *Tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return tx.of.troupe.Exec(WithTx(ctx, tx), sql, args...)
}

// Send is [Troupe.Send] in the transaction.
func (tx *Tx) Send(ctx context.Context, r messages.Request) *Future {
	return tx.of.troupe.Send(WithTx(ctx, tx), r)
}

// Begin sets a savepoint on every shard that takes part, as pgx's nested transactions do. Its Commit releases it. Its Rollback
// undoes what came after it; a shard that has joined since is rolled back wholly, and takes no part any more.
func (tx *Tx) Begin(ctx context.Context) (pgx.Tx, error) {
	inner, err := tx.savepoint(ctx)
	if err != nil {
		return nil, err
	}
	return inner, nil
}
