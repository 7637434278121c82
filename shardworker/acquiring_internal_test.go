package shardworker

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func acquiringUnder(ctx context.Context) *acquiring {
	a := new(acquiring)
	a.Context = ctx
	return a
}

// isDone reports whether a context says so.
func isDone(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// TestAcquiringIsAContext: Err is nil until Done is closed, and never changes afterwards.
func TestAcquiringIsAContext(t *testing.T) {
	for name, watched := range map[string]bool{"watched": true, "not watched": false} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(context.Background())
			a := acquiringUnder(ctx)
			if watched {
				require.False(t, isDone(a))
			}
			require.NoError(t, a.Err())
			cancel(errors.New("enough"))
			for a.Err() == nil { // the caller's end comes by a goroutine, or at once
			}
			require.True(t, isDone(a), "who sees the error finds it done")
			require.ErrorIs(t, a.Err(), context.Canceled)
			require.EqualError(t, context.Cause(a), "enough")
		})
	}

	expired, cancel := context.WithCancelCause(context.Background())
	a := acquiringUnder(expired)
	a.end()
	require.True(t, isDone(a))
	before := a.Err()
	require.ErrorIs(t, before, context.Canceled)
	cancel(nil)
	require.Same(t, before, a.Err())
	a.end()

	early, cancelEarly := context.WithCancel(context.Background())
	cancelEarly()
	a = acquiringUnder(early)
	require.ErrorIs(t, a.Err(), context.Canceled)
	require.True(t, isDone(a))

	a = acquiringUnder(context.WithValue(context.Background(), jobKey{}, 7))
	require.Equal(t, 7, a.Value(jobKey{}))
	_, bounded := a.Deadline()
	require.False(t, bounded)
}

// TestAcquiringEndsItsChildren, those of the standard library too, whichever way it ends.
func TestAcquiringEndsItsChildren(t *testing.T) {
	for name, end := range map[string]func(a *acquiring, cancel func()){
		"the job's cancel": func(a *acquiring, _ func()) { a.end() },
		"the caller":       func(_ *acquiring, cancel func()) { cancel() },
		"both": func(a *acquiring, cancel func()) {
			var wg sync.WaitGroup
			wg.Go(cancel)
			wg.Go(a.end)
			wg.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 200 {
				ctx, cancel := context.WithCancel(context.Background())
				a := acquiringUnder(ctx)
				child, cancelChild := context.WithCancel(a)
				called := make(chan struct{})
				context.AfterFunc(a, func() { close(called) })
				go end(a, cancel)
				<-child.Done()
				<-called
				require.Error(t, child.Err())
				require.Error(t, a.Err())
				cancelChild()
				cancel()
				a.end()
			}
		})
	}
}
