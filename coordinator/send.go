package coordinator

import (
	"context"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// Future is the answer of a request that was sent. It is settled once; any number of goroutines may wait for it, but the
// rows that they get are the same and have one reader.
type Future struct {
	promise *actors.Promise[*Rows]
	call    *call
}

// Send sends a request and returns at once: what is bounded by ctx goes on without a caller. The future is settled when
// the shards have described their columns, or an Exec has ended, or the request has failed. Rows of a future
// that nobody takes hold their connections until ctx ends or the future is forgotten.
//
// Where as many calls are in flight as Config.MaxInFlight allows, the future fails with [messages.ErrOverloaded]: Send
// never waits. A request that is nil panics.
func (t *Troupe) Send(ctx context.Context, r messages.Request) *Future {
	f := &Future{promise: new(actors.Promise[*Rows])}
	c, err := t.prepare(ctx, inquiryOf(r))
	if err == nil {
		err = c.admit(false)
	}
	if err != nil {
		f.promise.Resolve(nil, err)
		return f
	}
	f.call = c
	c.settled = func(err error) {
		switch {
		case err == nil:
			f.promise.Resolve(newRows(c), nil)
		case c.mayBePartial():
			t.cfg.System.Go(&partialFailure{f, err})
		default:
			f.promise.Resolve(nil, err)
		}
	}
	c.mu.Lock()
	c.mu.unwatch = context.AfterFunc(ctx, func() { _ = c.expire() })
	c.mu.Unlock()
	c.submit()
	return f
}

// Await waits for the answer or for the end of ctx, which ends the waiting and not the call. The rows of an Exec are
// none, with its command tag.
func (f *Future) Await(ctx context.Context) (*Rows, error) {
	rows, err := f.promise.Future().Wait(ctx)
	if err != nil && rows == nil && ctx.Err() != nil && err == ctx.Err() {
		return nil, &messages.Error{Code: messages.ErrCanceled, Op: "await", Err: err}
	}
	return rows, err
}

// Done is closed when the answer is there.
func (f *Future) Done() <-chan struct{} { return f.promise.Future().Done() }

// Cancel ends the call if it is still in flight. Rows that it has given end with [messages.ErrCanceled].
func (f *Future) Cancel() {
	if f.call != nil {
		f.call.cutOff(&messages.Error{Code: messages.ErrCanceled, Op: "await", Detail: "the future was cancelled", Err: context.Canceled})
	}
}

// partialFailure settles the future of a call that failed, once the other shards have said what they did: that may take
// the grace, so it has a goroutine of its own.
type partialFailure struct {
	future *Future
	err    error
}

func (p *partialFailure) Run() {
	c := p.future.call
	if c.ctx.Err() == nil { // else the grace was granted when it ended
		c.awaitOver()
	}
	p.future.promise.Resolve(nil, c.whole(p.err))
}
