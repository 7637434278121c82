package shardworker_test

import (
	"bytes"
	"context"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// waiter is a caller that takes jobs, or declines them.
type waiter struct {
	decline bool
	offers  int
	job     messages.Job
}

func (w *waiter) Offer(job messages.Job) bool {
	w.offers++
	if !w.decline {
		w.job = job
	}
	return !w.decline
}

// goroutine returns the id of the calling goroutine.
func goroutine() string {
	buf := make([]byte, 64)
	return string(bytes.Fields(buf[:runtime.Stack(buf, false)])[1])
}

func TestSmallAnswerComesOnTheCallersGoroutine(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		var on []string
		e.backend.Reply("", numbers.Generate(10, func(i int) []any {
			on = append(on, goroutine())
			return []any{i}
		}))
		for range 20 {
			w := &waiter{}
			c := e.execute("select", runner(w))
			require.Zero(t, e.backend.Stats().InUse)
			w.job.Run()
			require.Len(t, c.ends, 1, "at once")
			c.requireRows(10)
			require.Len(t, c.batches, 1)
		}
		for _, id := range on {
			require.Equal(t, goroutine(), id)
		}

		w := &waiter{}
		e.backend.Reply("update", fake.Tag("UPDATE 1"))
		c := e.execute("update", noRows, runner(w))
		w.job.Run()
		require.Len(t, c.ends, 1)
	})
}

func TestDeclinedJobRunsElsewhere(t *testing.T) {
	for name, test := range map[string]struct {
		cfg     fake.Config
		limited bool // the context can end
		offers  int
	}{
		"declined":                     {offers: 1},
		"declined under a deadline":    {limited: true, offers: 1},
		"not prompt":                   {cfg: fake.Config{NotPrompt: true}, limited: true},
		"not prompt, without deadline": {cfg: fake.Config{NotPrompt: true}, offers: 1},
	} {
		bubble(t, test.cfg, func(t *testing.T, e *env) {
			ctx := context.Background()
			if test.limited {
				var cancel context.CancelFunc
				ctx, cancel = context.WithCancel(ctx)
				defer cancel()
			}
			e.backend.Reply("", count(10))
			w := &waiter{decline: true}
			c := e.execute("select", runner(w), under(ctx))
			require.NoError(t, c.wait().Err)
			c.requireRows(10)
			require.Equal(t, test.offers, w.offers, name)
		})
	}
}

// TestHandOver runs jobs that are too long for their caller: Run has to return while the rows go on.
func TestHandOver(t *testing.T) {
	run := func(t *testing.T, e *env, options ...func(*call)) *call {
		w := &waiter{}
		c := e.execute("select", append(options, runner(w))...)
		w.job.Run()
		require.Empty(t, c.ends)
		return c
	}
	t.Run("after the first batch", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			e.backend.Reply("", count(5000))
			c := run(t, e, window(2))
			require.Equal(t, 200, c.got())
			c.mu.Lock()
			c.instant = true
			c.mu.Unlock()
			c.credit(2)
			require.NoError(t, c.wait().Err)
			c.requireRows(5000)
		})
	})
	t.Run("before a slow row", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			gate := fake.NewGate()
			e.backend.Reply("", count(10).At(fake.AtRow(7), fake.Wait(gate)))
			c := run(t, e)
			c.mu.Lock()
			require.Len(t, c.rows, 7)
			c.mu.Unlock()
			gate.Open()
			require.NoError(t, c.wait().Err)
			c.requireRows(10)
		})
	})
	t.Run("after a millisecond", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			e.backend.Reply("", count(10).EachRow(fake.Delay(300*time.Microsecond)).Buffered(func(int) bool { return true }))
			began := time.Now()
			c := run(t, e)
			require.Equal(t, 1200*time.Microsecond, time.Since(began))
			c.mu.Lock()
			require.Len(t, c.rows, 4)
			c.mu.Unlock()
			require.NoError(t, c.wait().Err)
			c.requireRows(10)
		})
	})
	t.Run("without credit for more", func(t *testing.T) { // the caller's goroutine is who would give it
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			wide := []any{1, 1}
			e.backend.Reply("", count(3).
				Redescribe(1, fake.Column("n", pgtype.Int8OID), fake.Column("m", pgtype.Int8OID)).
				Generate(3, func(i int) []any {
					if i == 0 {
						return []any{0}
					}
					return []any{i, wide[1]}
				}))
			c := run(t, e, window(1))
			require.Equal(t, 1, c.got())
			c.credit(1)
			require.NoError(t, c.wait().Err)
			c.requireRows(3)
		})
	})
	t.Run("flushed meanwhile", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			gate := fake.NewGate()
			e.backend.Reply("", count(2).At(fake.AtRow(1), fake.Wait(gate)))
			w := &waiter{}
			c := e.execute("select", runner(w), window(1))
			go w.job.Run()
			<-gate.Arrived()
			c.flush()
			require.Equal(t, 1, c.got())
			gate.Open()
			synctest.Wait()
			c.credit(1)
			require.NoError(t, c.wait().Err)
			c.requireRows(2)
		})
	})
}

func TestCancelBeforeTheCallerRunsTheJob(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(10))
		w := &waiter{}
		c := e.execute("select", runner(w))
		c.cancel(errBroken)
		require.False(t, c.ended())
		w.job.Run()
		require.Len(t, c.ends, 1)
		require.ErrorIs(t, c.ends[0].Err, messages.ErrCanceled)
		require.ErrorIs(t, c.ends[0].Err, errBroken)
		require.Zero(t, e.backend.Stats().Acquired)
		e.requireFree("probe", 4)
	})
}

func TestPanicOnTheCallersGoroutine(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(10).At(fake.AtRow(3), fake.Panic("oops")).Buffered(func(int) bool { return true }))
		w := &waiter{}
		c := e.execute("select", runner(w))
		w.job.Run()
		require.Len(t, c.ends, 1)
		require.ErrorIs(t, c.ends[0].Err, messages.ErrPanic)
		e.requireFree("probe", 4)
	})
}
