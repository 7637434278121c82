package coordinator

import "context"

// InTx runs f in a transaction and commits it. f is given a context that carries the transaction, so that calls of the troupe with
// it are part of it. If f fails or panics, everything is rolled back.
//
// If f or the commit fails with a [messages.Conflict], so that nothing was committed, f is run again in a new transaction after a
// short random pause, up to o.MaxAttempts times: so it must have no other effects, or ask [Tx.Attempt]. From the second
// attempt on, all shards that earlier ones had enlisted are enlisted at the beginning.
//
// Where ctx carries a transaction already, f runs once, in a savepoint of it.
func (t *Troupe) InTx(ctx context.Context, o TxOptions, f func(ctx context.Context, tx *Tx) error) error {
	if TxOf(ctx) != nil {
		return t.inTx(ctx, func() (*Tx, error) { return t.BeginAll(ctx, o) }, f)
	}
	if err := o.check(); err != nil {
		return err
	}
	return Retry(ctx, o.MaxAttempts, func(attempt int) (bool, error) {
		var tx *Tx
		err := t.inTx(ctx, func() (_ *Tx, err error) {
			tx, err = t.begin(ctx, o, -1, attempt)
			return tx, err
		}, f)
		if err != nil && tx != nil {
			o.Shards = append(tx.Shards(), o.Shards...)
		}
		return true, err
	})
}

// inTx begins a transaction, runs f in it, and ends it.
func (t *Troupe) inTx(ctx context.Context, begin func() (*Tx, error), f func(ctx context.Context, tx *Tx) error) error {
	tx, err := begin()
	if err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // f has failed, or panics
			if err := tx.Rollback(ctx); err != nil && tx.depth > 0 && !tx.closed.Load() {
				tx.of.fail(err) // what couldn't be taken back can't be committed with what is around the savepoint
			}
		}
	}()
	if err := f(WithTx(ctx, tx), tx); err != nil {
		return err
	}
	ended = true
	if err := tx.Commit(ctx); err != nil {
		ended = tx.closed.Load() // but not if rows, or a batch, were left open
		return err
	}
	return nil
}
