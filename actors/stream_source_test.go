package actors_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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

// TestNextOfAndTheEnd: whoever ends the stream while its reader is at one source or another, what the reader got before stays as it is
// until it leaves, no batch comes after the error, and every credit and batch is accounted for.
func TestNextOfAndTheEnd(t *testing.T) {
	const sources, window, batches = 3, 2, 40
	for round := range 300 {
		r := newRig(system(), sources, window, messages.AsTheyCome)
		r.stream.ReadBySource()
		require.True(t, r.open())
		var all sync.WaitGroup
		failAt, fails := round%7, round%3 != 0
		for i := range sources {
			all.Go(func() { // a worker that has as much credit as it was given
				seq := uint64(0)
				for sent := 0; seq < batches; {
					if r.stream.Err() != nil || count[*messages.Cancel](r.workers[i]) > 0 {
						break
					}
					if sent < window+granted(r.workers[i]) {
						r.stream.Tell(newBatch(i, seq, 1))
						seq++
						sent++
						continue
					}
					runtime.Gosched()
				}
				r.stream.Tell(newEnd(i, seq, nil))
			})
		}
		if fails {
			all.Go(func() {
				for range failAt {
					runtime.Gosched()
				}
				r.stream.Fail(errBroken)
			})
		}
		next := make([]uint64, sources)
		read := func() error {
			for turn := 0; ; turn++ {
				i := turn % sources
				batch, err := r.stream.NextOf(t.Context(), i)
				if err == io.EOF {
					if next[i] != batches {
						return fmt.Errorf("source %d ended after %d batches", i, next[i])
					}
					if !slices.ContainsFunc(next, func(n uint64) bool { return n < batches }) {
						return nil
					}
					continue
				}
				if err != nil {
					return err
				}
				source, seq := content(batch)
				require.Equal(t, i, source)
				require.Equal(t, next[i], seq)
				next[i]++
				if !fails && turn == 10*(round%9) { // leaves early
					return nil
				}
			}
		}
		err := read()
		if fails && err != nil {
			require.ErrorIs(t, err, errBroken)
			_, again := r.stream.NextOf(t.Context(), 0)
			require.ErrorIs(t, again, errBroken)
		} else {
			require.NoError(t, err)
		}
		r.stream.Leave(errBroken)
		all.Wait()
		require.Zero(t, r.stream.InFlight())
		_, ended := r.owner.saw()
		require.Equal(t, 1, ended)
		for _, w := range r.workers {
			require.LessOrEqual(t, granted(w), batches)
		}
	}
}

// TestNextOfIsWokenByTheEnd: a reader that waits for one source learns of a failure, of another's too, and of that source's end.
func TestNextOfIsWokenByTheEnd(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(r *rig)
		want error
	}{
		"failure":           {func(r *rig) { r.stream.Fail(errBroken) }, errBroken},
		"another's failure": {func(r *rig) { r.stream.Tell(newEnd(1, 0, errBroken)) }, errBroken},
		"its failure":       {func(r *rig) { r.stream.Tell(newEnd(0, 0, errBroken)) }, errBroken},
		"its end":           {func(r *rig) { r.stream.Tell(newEnd(0, 0, nil)) }, io.EOF},
		"its batch": {func(r *rig) {
			r.stream.Tell(newBatch(1, 0, 1)) // which isn't waited for
			r.stream.Tell(newBatch(0, 0, 1))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(system(), 2, 2, messages.AsTheyCome)
			r.stream.ReadBySource()
			require.True(t, r.open())
			got := make(chan error, 1)
			go func() {
				_, err := r.stream.NextOf(context.Background(), 0)
				got <- err
			}()
			for count[*messages.Flush](r.workers[0]) == 0 { // it waits, and has asked
				runtime.Gosched()
			}
			require.Zero(t, count[*messages.Flush](r.workers[1]), "only the source that is waited for is asked")
			test.end(r)
			require.ErrorIs(t, <-got, test.want)
			r.stream.Leave(errBroken)
			require.Zero(t, r.stream.InFlight())
		})
	}
}

// TestNamesMayDiffer only if they were said to; the number of columns and their types never.
func TestNamesMayDiffer(t *testing.T) {
	for _, may := range []bool{false, true} {
		for name, test := range map[string]struct {
			other *messages.Description
			fails bool
		}{
			"the same": {columns("n"), false}, "another name": {columns("other"), !may}, "more columns": {columns("n", "m"), true},
			"another type": {&messages.Description{Fields: []pgconn.FieldDescription{{Name: "other", DataTypeOID: pgtype.TextOID}}}, true},
		} {
			t.Run(fmt.Sprint(name, may), func(t *testing.T) {
				r := newRig(system(), 2, 2, messages.AsTheyCome)
				if may {
					r.stream.NamesMayDiffer()
				}
				require.True(t, r.open())
				r.stream.Tell(newEnd(0, 0, nil))
				end := newEnd(1, 0, nil)
				end.Declared = test.other
				r.stream.Tell(end)
				if test.fails {
					require.ErrorIs(t, r.stream.Err(), messages.ErrSchemaMismatch)
				} else {
					require.NoError(t, r.stream.Err())
					require.Equal(t, "n", r.stream.Declared().Fields[0].Name, "the first's")
					require.Equal(t, end.Declared, test.other, "it belongs to its source")
				}
				r.stream.Leave(errBroken)
			})
		}
	}
}
