package actors_test

import (
	"context"
	"io"
	"testing"

	"pgregory.net/rapid"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// TestNextOfReadsEachSourceByItself: whatever the sequence of messages and reads, each source's batches come in order, its
// credit is given back once for each, and a batch stays as it is until the next one of its own source.
func TestNextOfReadsEachSourceByItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, window := rapid.IntRange(1, 4).Draw(t, "sources"), rapid.IntRange(1, 4).Draw(t, "window")
		r := newRig(system(), n, window, messages.AsTheyCome)
		r.stream.ReadBySource()
		require.True(t, r.open())
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // so that NextOf never waits
		sent, read := make([]uint64, n), make([]uint64, n)
		ended := make([]bool, n)
		held := make([]*messages.RowBatch, n)
		heldSeq := make([]uint64, n)
		draw := func(t *rapid.T) int { return rapid.IntRange(0, n-1).Draw(t, "source") }
		t.Repeat(map[string]func(*rapid.T){
			"batch": func(t *rapid.T) {
				i := draw(t)
				inFlight := int(sent[i] - read[i])
				if held[i] != nil {
					inFlight++
				}
				if ended[i] || inFlight >= window {
					return
				}
				r.stream.Tell(newBatch(i, sent[i], 1))
				sent[i]++
			},
			"end": func(t *rapid.T) {
				if i := draw(t); !ended[i] && rapid.IntRange(0, 5).Draw(t, "really") == 0 {
					ended[i] = true
					r.stream.Tell(newEnd(i, sent[i], nil))
				}
			},
			"next": func(t *rapid.T) {
				i := draw(t)
				batch, err := r.stream.NextOf(ctx, i)
				held[i] = nil
				switch {
				case read[i] < sent[i]:
					require.NoError(t, err)
					held[i], heldSeq[i] = batch, read[i]
					read[i]++
				case ended[i]:
					require.Equal(t, io.EOF, err)
				default:
					require.ErrorIs(t, err, context.Canceled)
				}
			},
			"": func(t *rapid.T) {
				for i, b := range held {
					if b != nil {
						source, seq := content(b)
						require.Equal(t, i, source)
						require.Equal(t, heldSeq[i], seq)
					}
				}
			},
		})
		r.stream.Leave(errBroken)
		require.Zero(t, r.stream.InFlight())
	})
}
