package coordinator

import (
	"context"
	"errors"
	"fmt"
)

// savepoint sets a savepoint on all shards that take part.
func (tx *Tx) savepoint(ctx context.Context) (*Tx, error) {
	x := tx.of
	if err := tx.open(); err != nil {
		return nil, err
	}
	if err := x.settle(); err != nil {
		return nil, err
	}
	x.mu.Lock()
	if err := x.usableLocked(); err != nil {
		x.mu.Unlock()
		return nil, err
	}
	if x.busyLocked() {
		x.mu.Unlock()
		return nil, errRunning
	}
	x.mu.named++
	name := fmt.Sprintf("troupe_sp_%d", x.mu.named)
	x.mu.savepoints = append(x.mu.savepoints, name)
	inner := &Tx{of: x, outer: tx, depth: len(x.mu.savepoints), name: name}
	x.mu.Unlock()
	if err := errors.Join(x.onEach(ctx, x.list(), "SAVEPOINT "+name)...); err != nil {
		x.fail(err)
		x.closeFrom(inner.depth)
		return nil, err
	}
	return inner, nil
}

// fail aborts the transaction.
func (x *transaction) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.mu.failed == nil {
		x.mu.failed = err
	}
}

// closeFrom forgets the savepoints from a depth on.
func (x *transaction) closeFrom(depth int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.mu.savepoints) >= depth {
		x.mu.savepoints = x.mu.savepoints[:depth-1]
	}
}

// isSetLocked reports whether the savepoint is still there: one around it may have ended.
func (tx *Tx) isSetLocked() bool {
	savepoints := tx.of.mu.savepoints
	return len(savepoints) >= tx.depth && savepoints[tx.depth-1] == tx.name
}

// shut closes a savepoint, unless something runs that may be in it: that would go on outside of it.
func (tx *Tx) shut() error {
	x := tx.of
	if err := x.settle(); err != nil {
		return err
	}
	x.mu.Lock()
	if x.busyLocked() {
		x.mu.Unlock()
		return errRunning
	}
	shut := tx.closed.CompareAndSwap(false, true) && tx.isSetLocked()
	x.mu.Unlock()
	if !shut {
		return tx.over()
	}
	return nil
}

// divide returns the shards that took part before the savepoint was set, and those that have joined since.
func (tx *Tx) divide() (before, since []*participant) {
	for _, p := range tx.of.list() {
		if p.depth < tx.depth {
			before = append(before, p)
		} else {
			since = append(since, p)
		}
	}
	return before, since
}

// release makes what came after the savepoint part of what is around it.
func (tx *Tx) release(ctx context.Context) error {
	x := tx.of
	if err := tx.shut(); err != nil {
		return err
	}
	if err := x.usable(); err != nil {
		return err // the savepoint stays, as with pgx: what is around it, or in it, can be rolled back to
	}
	before, since := tx.divide()
	if err := errors.Join(x.onEach(ctx, before, "RELEASE SAVEPOINT "+tx.name)...); err != nil {
		x.fail(err)
		return err
	}
	for _, p := range since {
		p.depth = tx.depth - 1
	}
	x.closeFrom(tx.depth)
	return nil
}

// undo takes back what came after the savepoint.
func (tx *Tx) undo(ctx context.Context) error {
	x := tx.of
	if err := tx.shut(); err != nil {
		return err
	}
	if x.state() != nil {
		return x.over()
	}
	before, since := tx.divide()
	// The savepoint goes, too: the next one at this depth has another name.
	undone := errors.Join(x.onEach(ctx, before, "ROLLBACK TO SAVEPOINT "+tx.name+"; RELEASE SAVEPOINT "+tx.name)...)
	x.rollback(ctx, since)
	for _, p := range since {
		x.drop(p)
	}
	x.closeFrom(tx.depth)
	if undone != nil {
		x.fail(undone)
		return undone
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.mu.failed = nil // it failed after the savepoint was set, or there would be none
	return nil
}

// over is the error of a Tx that is used after its end.
func (tx *Tx) over() error {
	if tx.of.state() != nil {
		return tx.of.over()
	}
	return txClosed("it has ended", nil)
}
