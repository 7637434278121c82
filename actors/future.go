package actors

import (
	"context"
	"sync"
	"sync/atomic"
)

// Promise is the write end of one answer. The zero value is ready; it must not be copied. It is safe for concurrent use.
type Promise[T any] struct {
	settled atomic.Bool // value and err don't change any more
	value   T
	err     error
	mu      struct {
		sync.Mutex
		done chan struct{} // made when somebody waits first, closed when settled
	}
}

// Resolve settles the promise with a value or an error, wakes every waiter, and reports whether it was the first to do
// so. Only the first counts.
func (p *Promise[T]) Resolve(value T, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.settled.Load() {
		return false
	}
	p.value, p.err = value, err
	p.settled.Store(true)
	if p.mu.done != nil {
		close(p.mu.done)
	}
	return true
}

// Future returns the read end.
func (p *Promise[T]) Future() Future[T] { return Future[T]{p} }

var settledAlready = func() chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}()

func (p *Promise[T]) done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.settled.Load():
		return settledAlready
	case p.mu.done == nil:
		p.mu.done = make(chan struct{})
	}
	return p.mu.done
}

// Future is the read end of one answer: any number of goroutines may wait for it, each under its own context.
type Future[T any] struct{ promise *Promise[T] }

// Done is closed when the answer is there.
func (f Future[T]) Done() <-chan struct{} { return f.promise.done() }

// Result returns the answer, if it is there.
func (f Future[T]) Result() (value T, err error, settled bool) {
	if !f.promise.settled.Load() {
		return value, nil, false
	}
	return f.promise.value, f.promise.err, true
}

// Wait waits for the answer, or for the end of ctx, whose error it then returns. An answer that is there wins.
func (f Future[T]) Wait(ctx context.Context) (T, error) {
	if value, err, settled := f.Result(); settled {
		return value, err
	}
	select {
	case <-f.Done():
	case <-ctx.Done():
	}
	if value, err, settled := f.Result(); settled {
		return value, err
	}
	var zero T
	return zero, ctx.Err()
}
