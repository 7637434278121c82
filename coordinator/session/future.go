package session

import (
	"context"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// Future is the answer of a call that was sent. It is settled once; any number of goroutines may wait for it. Until it is, the session is
// in use, and its objects are not to be touched.
type Future[T any] struct{ promise *actors.Promise[T] }

// Await waits for the answer or for the end of ctx, which ends the waiting and not the call.
func (f *Future[T]) Await(ctx context.Context) (T, error) {
	future := f.promise.Future()
	select {
	case <-future.Done():
	case <-ctx.Done():
	}
	value, err, settled := future.Result()
	if !settled {
		err = &messages.Error{Code: messages.ErrCanceled, Op: "await", Err: ctx.Err()}
	}
	return value, err
}

// Done is closed when the answer is there.
func (f *Future[T]) Done() <-chan struct{} { return f.promise.Future().Done() }

// SendFlush sends a [Session.Flush] and returns at once. Ctx bounds it.
func (s *Session) SendFlush(ctx context.Context) *Future[struct{}] {
	return start(s, func() (struct{}, error) { return struct{}{}, s.flush(ctx, nil) })
}

// SendCommit sends a [Session.Commit] and returns at once. Ctx bounds it.
func (s *Session) SendCommit(ctx context.Context) *Future[struct{}] {
	return start(s, func() (struct{}, error) { return struct{}{}, s.commit(ctx) })
}

// SendGet sends a [Get] and returns at once. Ctx bounds it.
func SendGet[T any](ctx context.Context, s *Session, key ...any) *Future[*T] {
	return start(s, func() (*T, error) { return getAs[T](ctx, s, key) })
}

// SendSelect sends a [Select] and returns at once. Ctx bounds it, and args must not be changed before it is over.
func SendSelect[T any](ctx context.Context, s *Session, sql string, args ...any) *Future[[]*T] {
	return start(s, func() ([]*T, error) { return selectAs[T](ctx, s, sql, args) })
}

// start runs a call of the session on a goroutine of its own, which ends with it.
func start[T any](s *Session, call func() (T, error)) *Future[T] {
	f := &Future[T]{new(actors.Promise[T])}
	if err := s.enterSound(); err != nil {
		var none T
		f.promise.Resolve(none, err)
		return f
	}
	go func() {
		value, err := guarded(call)
		s.leave()
		f.promise.Resolve(value, err)
	}()
	return f
}

// guarded runs code that asks the application's, which may panic.
func guarded[T any](call func() (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &messages.Error{Code: messages.ErrPanic, Op: "session", Detail: messages.PanicText(p)}
		}
	}()
	return call()
}
