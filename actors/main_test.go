package actors_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(m)
}

var discard = slog.New(slog.DiscardHandler)

// system is shared by the tests that need no own, because one costs 10 ms.
var system = sync.OnceValue(func() *actors.System { return actors.New(discard) })

// script is an actor made of functions; those that are nil do nothing.
type script struct {
	started func(self *actors.Ref)
	receive func(msg any)
	stopped func(err error)
}

func (s *script) Started(self *actors.Ref) {
	if s.started != nil {
		s.started(self)
	}
}

func (s *script) Receive(msg any) {
	if s.receive != nil {
		s.receive(msg)
	}
}

func (s *script) Stopped(err error) {
	if s.stopped != nil {
		s.stopped(err)
	}
}

// spawn starts an actor that is always the same instance, and stops it when the test ends.
func spawn(t testing.TB, s *script) *actors.Ref {
	t.Helper()
	ref, err := system().Spawn(t.Name(), discard, func() actors.Actor { return s })
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // the test's own has ended
		defer cancel()
		require.NoError(t, ref.Stop(ctx))
	})
	return ref
}

// goroutine returns the id of the calling goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	line := buf[:runtime.Stack(buf, false)]
	return string(bytes.Fields(line)[1])
}

// soon receives from c, or fails the test when that takes too long.
func soon[T any](t testing.TB, c <-chan T, what ...any) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		require.FailNow(t, "it didn't come in time", what...)
		panic("unreachable")
	}
}

// refusable is a message that counts its refusals.
type refusable struct {
	refused chan error // capacity 1
}

func newRefusable() *refusable { return &refusable{make(chan error, 1)} }

func (r *refusable) Refuse(err error) { r.refused <- err }

// logbook is a logger whose lines a test can look at.
func logbook() (*slog.Logger, func() string) {
	w := &lockedBuffer{}
	return slog.New(slog.NewTextHandler(w, nil)), w.String
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

var _ io.Writer = (*lockedBuffer)(nil)

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
