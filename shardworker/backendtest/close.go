package backendtest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func acquireAfterClose(f *fixture) {
	f.exec(f.Statements.Create)
	require.NoError(f, f.b.Close(f.ctx))
	for lane := range f.b.Lanes() {
		_, err := f.b.Acquire(f.ctx, lane)
		f.requireError(err, messages.ErrClosed)
	}
}

func closeTwice(f *fixture) {
	f.exec(f.Statements.Create)
	first := make(chan error, 1)
	go func() { first <- f.b.Close(f.ctx) }()
	require.NoError(f, f.b.Close(f.ctx))
	require.NoError(f, <-first)
	require.NoError(f, f.b.Close(f.ctx))
}

// closeInterrupts closes the backend while a statement runs, whose user then releases its connection.
func closeInterrupts(f *fixture) {
	for _, delay := range delays[1:] {
		b := f.Open(f.T)
		c, err := b.Acquire(f.ctx, b.Lane(f.Statements.Slow, true))
		require.NoError(f, err)
		ended := make(chan error, 1)
		go func() {
			err := query(f.ctx, c, f.Statements.Slow).err
			c.Release()
			ended <- err
		}()
		<-time.After(delay)
		f.requirePromptly("Close", func() { require.NoError(f, b.Close(f.ctx)) })
		f.requireTyped(<-ended)
	}
}

// closeEndsWithContext closes the backend while a connection is held by somebody who doesn't release it.
func closeEndsWithContext(f *fixture) {
	c := f.acquire(f.Statements.Numbers, true)
	ctx, cancel := context.WithTimeout(f.ctx, 50*time.Millisecond)
	defer cancel()
	f.requirePromptly("Close", func() {
		if err := f.b.Close(ctx); err != nil { // a backend may close what is in use, and then it need not wait
			f.requireTyped(err)
		}
	})
	f.requirePromptly("Query", func() { f.requireTyped(query(f.ctx, c, f.Statements.Slow).err) })
	c.Release()
}
