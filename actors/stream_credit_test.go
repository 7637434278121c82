package actors_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

func TestCreditComesInLumps(t *testing.T) {
	r := openRig(1, 6, messages.AsTheyCome)
	for seq := range 6 {
		r.stream.Tell(newBatch(0, uint64(seq), 1))
	}
	var grants []int
	for range 6 {
		_, err := r.stream.Next(t.Context())
		require.NoError(t, err)
		grants = append(grants, granted(r.workers[0]))
	}
	require.Equal(t, []int{0, 0, 0, 3, 3, 3}, grants)
	require.Equal(t, 1, r.stream.InFlight(), "the batch that the reader looks at")
}

// TestNoCreditIsKeptFromAnIdleSource: a batch that costs the whole window needs all of it, so what was read must not be
// owed when nothing is left to read.
func TestNoCreditIsKeptFromAnIdleSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(actors.New(discard), 1, 4, messages.AsTheyCome)
		r.open()
		r.stream.Tell(newBatch(0, 0, 1))
		_, err := r.stream.Next(t.Context())
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() {
			_, err := r.stream.Next(t.Context())
			done <- err
		}()
		synctest.Wait()
		require.Equal(t, 1, granted(r.workers[0]))
		r.stream.Tell(newBatch(0, 1, 4))
		require.NoError(t, <-done)
		r.stream.Tell(newEnd(0, 2, nil))
		_, err = r.stream.Next(t.Context())
		require.Equal(t, io.EOF, err)
		require.Equal(t, 1, granted(r.workers[0]), "whoever has ended needs no credit")
	})
}

func TestCostOfAReadBatchSurvivesAFailure(t *testing.T) {
	r := openRig(2, 4, messages.AsTheyCome)
	r.stream.Tell(newBatch(0, 0, 2))
	r.stream.Tell(newBatch(1, 0, 1))
	_, err := r.stream.Next(t.Context())
	require.NoError(t, err)
	r.stream.Fail(errBroken)
	require.Equal(t, 2, r.stream.InFlight(), "the reader still looks at it")
	_, err = r.stream.Next(t.Context())
	require.ErrorIs(t, err, errBroken)
	require.Zero(t, r.stream.InFlight())
}

// TestReaderAsksForRows waits, and looks at who is told to flush and when.
func TestReaderAsksForRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(actors.New(discard), 3, 4, messages.InShardOrder)
		r.open()
		r.stream.Tell(newBatch(1, 0, 1)) // queued, so it isn't asked
		r.stream.Tell(newEnd(2, 0, nil))
		began := time.Now()
		done := make(chan error, 1)
		next := func() {
			_, err := r.stream.Next(t.Context())
			done <- err
		}
		go next()
		synctest.Wait()
		require.Empty(t, r.workers[0].all())
		time.Sleep(2*time.Millisecond - 1)
		synctest.Wait()
		require.Empty(t, r.workers[0].all())
		time.Sleep(1 * time.Nanosecond)
		synctest.Wait()
		require.Equal(t, []messages.Message{&messages.Flush{Call: callID, Source: 0}}, r.workers[0].all())
		require.Equal(t, 2*time.Millisecond, time.Since(began))
		time.Sleep(time.Hour)
		require.Len(t, r.workers[0].all(), 1, "once")
		r.stream.Tell(newBatch(0, 0, 1))
		require.NoError(t, <-done)

		go next()
		time.Sleep(3 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, 2, count[*messages.Flush](r.workers[0]), "each wait asks anew")
		require.Empty(t, r.workers[1].all())
		require.Empty(t, r.workers[2].all())
		r.stream.Fail(errBroken)
		require.ErrorIs(t, <-done, errBroken)
	})
}

func TestQuickAnswersNeedNoFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(actors.New(discard), 1, 4, messages.AsTheyCome)
		r.open()
		go func() {
			for seq := range 20 {
				time.Sleep(time.Millisecond)
				r.stream.Tell(newBatch(0, uint64(seq), 1))
			}
			r.stream.Tell(newEnd(0, 20, nil))
		}()
		sources, err := r.read(t)
		require.Equal(t, io.EOF, err)
		require.Len(t, sources, 20)
		require.Zero(t, count[*messages.Flush](r.workers[0]))
	})
}
