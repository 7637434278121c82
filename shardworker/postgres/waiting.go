package postgres

import (
	"context"
	"sync/atomic"
)

// waiting is the context under which a conn gets its first connection from the pool. The pool asks it twice: it looks whether it is done before
// it looks for an idle connection, and, if there is none, waits for it as well. Nearly always there is one, and to make a channel only for that
// first look, and a watch over the caller's context, costs more than all else that the pool does. So the first answer is that it can't
// be done yet, if it isn't. Should a pool ask only once, its wait couldn't be cancelled, which TestAcquireHonoursItsContext would tell.
type waiting struct {
	context.Context
	asked atomic.Bool
}

// Done returns nil at first, if the context hasn't ended, and then the context's channel.
func (w *waiting) Done() <-chan struct{} {
	if !w.asked.Swap(true) && w.Err() == nil {
		return nil
	}
	return w.Context.Done()
}
