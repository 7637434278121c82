package postgres_test

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

var errEnough = errors.New("enough")

// TestAcquireHonoursItsContext cancels waits that the pool itself does: for a connection that the application has taken, and for a server that
// lets nobody in.
func TestAcquireHonoursItsContext(t *testing.T) {
	t.Run("taken", func(t *testing.T) {
		b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
		taken, err := b.Pool().Acquire(background(t))
		require.NoError(t, err)
		defer taken.Release()
		endsWithItsContext(t, b, func(waits <-chan struct{}) { receive(t, waits) })
	})
	t.Run("silent", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer func() { require.NoError(t, listener.Close()) }()
		b := open(t, postgres.Config{DSN: "postgres://u@" + listener.Addr().String() + "/x?sslmode=disable"})
		endsWithItsContext(t, b, func(<-chan struct{}) {
			nc, err := listener.Accept() // and never answers
			if assert.NoError(t, err) {
				t.Cleanup(func() { _ = nc.Close() })
			}
		})
	})
}

// watched is a context that tells when somebody begins to wait for its end.
type watched struct {
	context.Context
	waits chan struct{}
}

func (w *watched) Done() <-chan struct{} {
	select {
	case w.waits <- struct{}{}:
	default:
	}
	return w.Context.Done()
}

// endsWithItsContext expects that a wait for a connection ends when its context does, which is when until returns. waits tells of it that somebody
// waits for its end.
func endsWithItsContext(t *testing.T, b *postgres.Backend, until func(waits <-chan struct{})) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(background(t))
	w := &watched{ctx, make(chan struct{}, 1)}
	got := make(chan error, 1)
	go func() {
		c, err := b.Acquire(w, 0)
		if err == nil {
			c.Release()
		}
		got <- err
	}()
	until(w.waits)
	cancel(errEnough)
	err := receive(t, got)
	assert.ErrorIs(t, err, messages.ErrCanceled)
	assert.ErrorIs(t, err, errEnough)
}

func receive[T any](t *testing.T, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-background(t).Done():
		t.Error("nothing comes")
	}
	return value
}
