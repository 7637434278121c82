package fake

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/troupedb/troupe/messages"
)

// Point is a place in the life of a backend or a statement where steps can be taken.
type Point int

// The points. AtAcquire, AtBackendClose, AtBatch and AtCommit are a Backend's, the others a Result's.
const (
	// AtAcquire is in Acquire, before a connection is taken.
	AtAcquire Point = -1 - iota
	// AtBackendClose is in the backend's Close, after everything was interrupted.
	AtBackendClose
	// AtQuery is in Query or Exec, after the statement was logged as sent and before it is answered.
	AtQuery
	// AtCursorClose is in the cursor's first Close, and at the end of Exec.
	AtCursorClose
	// AtBatch is in RunBatch, before the first statement begins.
	AtBatch
	// AtCommit is in RunBatch, after the last statement: where writes are committed, and reads are all answered.
	AtCommit
)

func (p Point) ofBackend() bool {
	return p == AtAcquire || p == AtBackendClose || p == AtBatch || p == AtCommit
}

// AtRow is in the Next that moves to row i, counted from 0. In a result of n rows, AtRow(n) is the end of the rows.
func AtRow(i int) Point { return Point(i) }

// Step is what happens at a point, on the goroutine that gets there. ctx ends when the caller's context does, or the
// connection is interrupted. An error makes the call fail.
type Step func(ctx context.Context) error

// Wait waits until g is open.
func Wait(g *Gate) Step { return g.wait }

// Delay waits for d.
func Delay(d time.Duration) Step {
	return func(ctx context.Context) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Fail fails with err. If it is no *messages.Error, it becomes the cause of one: messages.ErrUnavailable at AtAcquire
// and AtBackendClose, messages.ErrStatement elsewhere.
func Fail(err error) Step { return func(context.Context) error { return err } }

// Panic panics with v.
func Panic(v any) Step { return func(context.Context) error { panic(v) } }

// Once takes s the first time only.
func Once(s Step) Step {
	var taken atomic.Bool
	return func(ctx context.Context) error {
		if taken.Swap(true) {
			return nil
		}
		return s(ctx)
	}
}

// Stubborn takes s to its own end, whatever happens to the context or the connection.
func Stubborn(s Step) Step {
	return func(ctx context.Context) error { return s(context.WithoutCancel(ctx)) }
}

// pass takes steps one after another, and looks at ctx after each.
func (b *Backend) pass(ctx context.Context, steps []Step, op string, code messages.Code) error {
	if err := ended(ctx, op); err != nil {
		return err
	}
	for _, s := range steps {
		if err := b.take(ctx, s, op, code); err != nil {
			return err
		}
	}
	return nil
}

// take takes one step, even if ctx has ended.
func (b *Backend) take(ctx context.Context, s Step, op string, code messages.Code) error {
	if b.config.Stubborn {
		s = Stubborn(s)
	}
	err := s(ctx)
	if err := ended(ctx, op); err != nil {
		return err
	}
	if err != nil {
		return messages.OnShard(err, "", op, code)
	}
	return nil
}

var errInterrupted = errors.New("the connection was interrupted")

// ended returns nil, or the error of a call whose context has ended.
func ended(ctx context.Context, op string) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, messages.ErrClosed):
		return cause
	case errors.Is(cause, errInterrupted), errors.Is(cause, ctx.Err()):
	default:
		cause = errors.Join(ctx.Err(), cause)
	}
	return &messages.Error{Code: messages.ErrCanceled, Op: op, Err: cause}
}
