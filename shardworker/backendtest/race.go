package backendtest

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// rounds is how often a race is run; each time, one side begins a little later.
const rounds = 40

// interruptBesideRelease interrupts a connection while its user lets go of it. Whoever wins, the next user is unharmed.
func interruptBesideRelease(f *fixture) {
	lane := f.lane(f.Statements.Numbers, true)
	for i := range rounds {
		c, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		done := make(chan struct{})
		time.AfterFunc(time.Duration(i)*10*time.Microsecond, func() {
			c.Interrupt()
			close(done)
		})
		if a := query(f.ctx, c, f.Statements.Numbers, int64(3)); a.err != nil {
			f.requireTyped(a.err)
		} else {
			requireNumbers(f, a, 3)
		}
		c.Release()
		next, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		f.usable(next)
		<-done
		f.usable(next)
		next.Release()
	}
	f.allUsable(lane)
}

// cancelBesideAnswer ends a statement's context about when it is answered. It is answered wholly or fails, and the next
// user of the connection is unharmed.
func cancelBesideAnswer(f *fixture) {
	lane := f.lane(f.Statements.Numbers, true)
	failed := 0
	for i := range rounds {
		c, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		ctx, cancel := context.WithCancel(f.ctx)
		time.AfterFunc(time.Duration(i)*20*time.Microsecond, cancel)
		if a := query(ctx, c, f.Statements.Numbers, int64(100)); a.err != nil {
			failed++
			f.requireError(a.err, messages.ErrCanceled)
			require.True(f, errors.Is(a.err, context.Canceled), a.err)
		} else {
			requireNumbers(f, a, 100)
		}
		<-ctx.Done()
		cancel()
		c.Release()
		next, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		f.usable(next)
		next.Release()
	}
	f.Logf("%d of %d were canceled", failed, rounds)
	f.allUsable(lane)
}
