package backendtest

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// slowBatch is two quick reads around one that takes minutes.
func (f *fixture) slowBatch() []member {
	f.Helper()
	quick, slow := reading(f.Statements.Lookup, int64(12)), reading(f.Statements.SlowRead)
	if len(f.reads(slow)) == 0 {
		f.Skip("no slow read")
	}
	f.fill()
	return []member{quick, slow, quick}
}

// requireCut checks a slowBatch that was ended before its end: who was answered was answered right.
func (f *fixture) requireCut(members []member, batch []*shardworker.Shared, want answer) {
	f.Helper()
	for i, s := range batch {
		switch {
		case s.Outcome.Again:
			require.Empty(f, s.Outcome.Batches)
		case s.Outcome.Err != nil:
			f.requireTyped(s.Outcome.Err)
			require.True(f, errors.Is(s.Outcome.Err, messages.ErrCanceled) || errors.Is(s.Outcome.Err, messages.ErrClosed), "%v", s.Outcome.Err)
		default:
			require.NotEqual(f, f.Statements.SlowRead, s.SQL, "it can't have come to its end")
			f.requireSame(members[i], want, f.outcome(s))
		}
	}
}

func interruptBatch(f *fixture) {
	members := f.slowBatch()
	want := f.alone(members[0])
	for _, delay := range delays {
		c := f.acquireBatch(members)
		batch := f.shared(members)
		var endedAt time.Time
		done := make(chan struct{})
		time.AfterFunc(delay, func() {
			defer close(done)
			endedAt = time.Now()
			c.Interrupt()
		})
		run(f.ctx, c, batch)
		<-done
		took := time.Since(endedAt)
		f.Logf("the batch ended %v after the interrupt", took)
		require.Less(f, took, promptly)
		require.True(f, batch[1].Outcome.Again, "reads that a lost connection left are to be run again")
		require.True(f, batch[2].Outcome.Again)
		f.requireCut(members, batch, want)
		f.requirePromptly("Release", c.Release)
	}
	f.allUsable(f.lane(members[0].sql, true))
}

func interruptBeforeBatch(f *fixture) {
	members := []member{reading(f.Statements.Lookup, int64(12)), reading(f.Statements.Lookup, int64(13))}
	f.reads()
	f.fill()
	c := f.acquireBatch(members)
	c.Interrupt()
	batch := f.shared(members)
	f.requirePromptly("the batch", func() { run(f.ctx, c, batch) })
	require.True(f, batch[0].Outcome.Again)
	require.True(f, batch[1].Outcome.Again)
	c.Release()
	f.allUsable(f.lane(members[0].sql, true))
}

func cancelBatch(f *fixture) {
	members := f.slowBatch()
	want := f.alone(members[0])
	for _, delay := range delays {
		ctx, cancel := context.WithCancel(f.ctx)
		c := f.acquireBatch(members)
		batch := f.shared(members)
		var canceledAt time.Time
		time.AfterFunc(delay, func() {
			canceledAt = time.Now()
			cancel()
		})
		run(ctx, c, batch)
		<-ctx.Done()
		took := time.Since(canceledAt)
		cancel()
		f.Logf("the batch ended %v after its context", took)
		require.Less(f, took, promptly)
		f.requireCut(members, batch, want)
		f.requirePromptly("Release", c.Release)
	}
	f.allUsable(f.lane(members[0].sql, true))
}

func cancelBeforeBatch(f *fixture) {
	members := f.slowBatch()
	want := f.alone(members[0])
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	c := f.acquireBatch(members)
	batch := f.shared(members)
	f.requirePromptly("the batch", func() { run(ctx, c, batch) })
	f.requireCut(members, batch, want)
	c.Release()
	f.allUsable(f.lane(members[0].sql, true))
}

// cancelMember ends the context of a member before its batch, or in the midst of it. The others are answered in the end, and the batch needn't
// come to its own end.
func cancelMember(f *fixture) {
	members := f.slowBatch()
	want := f.alone(members[0])
	for _, delay := range delays {
		own, cancelOwn := context.WithCancel(f.ctx)
		ctx, cancel := context.WithTimeout(f.ctx, delay+250*time.Millisecond) // when a worker would have run the others elsewhere
		if delay == 0 {
			cancelOwn()
		}
		time.AfterFunc(delay, cancelOwn)
		c := f.acquireBatch(members)
		batch := f.shared(members)
		batch[1].Context = own
		run(ctx, c, batch)
		early := ctx.Err() == nil
		f.Logf("the batch has ended with its member's context: %v", early)
		f.requireCut(members, batch, want)
		for _, i := range []int{0, 2} {
			require.NoError(f, batch[i].Outcome.Err, "another's context has ended")
			if early && batch[i].Outcome.Again {
				f.requireSame(members[i], want, f.alone(members[i]))
			}
		}
		if early {
			require.False(f, batch[1].Outcome.Again, "it would be run for nobody")
		}
		c.Release()
		cancel()
	}
	f.allUsable(f.lane(members[0].sql, true))
}

// interruptBesideBatch interrupts a connection about when its batch ends. Whoever wins, the answers are right and the next user is unharmed.
func interruptBesideBatch(f *fixture) {
	f.reads()
	f.fill()
	var members []member
	for i := range 8 {
		members = append(members, reading(f.Statements.Lookup, int64(11+i)))
	}
	alone := f.once()
	again := 0
	for i := range rounds {
		c := f.acquireBatch(members)
		done := make(chan struct{})
		time.AfterFunc(time.Duration(i)*20*time.Microsecond, func() {
			c.Interrupt()
			close(done)
		})
		batch := f.shared(members)
		run(f.ctx, c, batch)
		c.Release()
		f.requireFinally(members, batch, alone)
		next := f.acquireBatch(members)
		rest := f.shared(members)
		<-done
		run(f.ctx, next, rest)
		f.requireNoneAgain(rest)
		f.requireFinally(members, rest, alone)
		next.Release()
		if batch[7].Outcome.Again {
			again++
		}
	}
	f.Logf("%d of %d were interrupted", again, rounds)
	f.allUsable(f.lane(members[0].sql, true))
}

func closeInBatch(f *fixture) {
	members := f.slowBatch()
	want := f.alone(members[0])
	c := f.acquireBatch(members)
	batch := f.shared(members)
	closed := make(chan error, 1)
	time.AfterFunc(50*time.Millisecond, func() { closed <- f.b.Close(f.ctx) })
	run(f.ctx, c, batch)
	f.requireCut(members, batch, want)
	c.Release()
	require.NoError(f, <-closed)
}
