package actors_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// model drives a stream with random messages and a random reader, and knows what has to come out.
type model struct {
	*rig
	t        *rapid.T
	window   int
	order    messages.Order
	opened   bool
	broken   bool // the stream has to have failed
	left     bool
	sources  []modelSource
	arrived  []int // sources of unread batches
	lastRead int   // the source
	reading  int   // the source of the batch that the reader looks at, or -1
	ctx      context.Context
}

type modelSource struct {
	sent, read uint64 // batches
	costs      []int  // of the batches that are unread or looked at
	released   int    // cost of the batches that the reader is done with
	last       int    // released when the source ended
	ended      bool
}

func TestStreamProperties(t *testing.T) { rapid.Check(t, checkStream) }

func FuzzStream(f *testing.F) { f.Fuzz(rapid.MakeFuzz(checkStream)) }

func checkStream(t *rapid.T) {
	n := rapid.IntRange(1, 4).Draw(t, "sources")
	m := &model{t: t, window: rapid.IntRange(1, 6).Draw(t, "window"), sources: make([]modelSource, n), reading: -1}
	m.order = rapid.SampledFrom([]messages.Order{messages.AsTheyCome, messages.InShardOrder}).Draw(t, "order")
	m.rig = newRig(system(), n, m.window, m.order)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // so that Next never waits
	m.ctx = ctx
	if rapid.IntRange(0, 9).Draw(t, "early") == 0 {
		m.stream.Fail(errBroken)
		m.broken = true
	}
	m.opened = m.open()
	require.Equal(t, !m.broken, m.opened)
	faults := rapid.Bool().Draw(t, "faults")
	t.Repeat(map[string]func(*rapid.T){
		"batch":  func(t *rapid.T) { m.batch() },
		"batch2": func(t *rapid.T) { m.batch() },
		"next":   func(t *rapid.T) { m.next() },
		"next2":  func(t *rapid.T) { m.next() },
		"end": func(t *rapid.T) {
			if rapid.IntRange(0, 3).Draw(t, "really") == 0 {
				m.end(m.draw(), nil)
			}
		},
		"fault": func(t *rapid.T) {
			if faults && rapid.IntRange(0, 5).Draw(t, "really") == 0 {
				m.fault()
			}
		},
		"": func(*rapid.T) { m.check() },
	})
	for i := range m.sources {
		m.end(i, nil)
	}
	m.finish()
}

func (m *model) draw() int { return rapid.IntRange(0, len(m.sources)-1).Draw(m.t, "source") }

func (m *model) over() bool { return m.broken || m.left }

// batch sends a batch for which there is room in the window.
func (m *model) batch() {
	i := m.draw()
	src := &m.sources[i]
	room := m.window - sum(src.costs)
	if !m.opened || src.ended || room == 0 {
		return
	}
	cost := rapid.IntRange(1, room).Draw(m.t, "cost")
	m.stream.Tell(newBatch(i, src.sent, cost))
	src.sent++
	if !m.over() {
		src.costs = append(src.costs, cost)
		m.arrived = append(m.arrived, i)
	}
}

func (m *model) end(i int, err error) {
	src := &m.sources[i]
	if !m.opened || src.ended {
		return
	}
	src.ended, src.last = true, src.released
	m.stream.Tell(newEnd(i, src.sent, err))
	m.broken = m.broken || err != nil && !m.left
}

func (m *model) fault() {
	i := m.draw()
	src := &m.sources[i]
	kind := rapid.IntRange(0, 7).Draw(m.t, "kind")
	if kind <= 1 { // those that may come before Open
		if kind == 0 {
			m.leave()
			return
		}
		m.stream.Fail(errBroken)
	} else if !m.opened {
		return
	}
	switch kind {
	case 2:
		m.stream.Tell(newBatch(i, src.sent+uint64(rapid.IntRange(1, 5).Draw(m.t, "gap")), 1))
		src.sent++
	case 3:
		m.stream.Tell(newBatch(i, src.sent, m.window+1))
		src.sent++
	case 4:
		if src.ended {
			return
		}
		src.ended, src.last = true, src.released
		m.stream.Tell(newEnd(i, src.sent+1, nil))
	case 5:
		b := newBatch(i, src.sent, 1)
		b.Call++
		m.stream.Tell(b)
	case 6:
		if !src.ended {
			m.end(i, errBroken)
			return
		}
		m.stream.Tell(newEnd(i, src.sent, nil))
	case 7:
		m.stream.Tell(newEnd(len(m.sources), 0, nil))
	}
	m.broken = m.broken || !m.left
}

func (m *model) leave() {
	m.release()
	m.stream.Leave(errBroken)
	m.left = true
}

// release is what Next and Leave begin with.
func (m *model) release() {
	if m.reading < 0 {
		return
	}
	src := &m.sources[m.reading]
	src.released += src.costs[0]
	src.costs = src.costs[1:]
	m.reading = -1
}

func (m *model) next() {
	m.release()
	b, err := m.stream.Next(m.ctx)
	switch {
	case m.broken:
		require.Error(m.t, err)
		require.NotErrorIs(m.t, err, io.EOF)
		require.NotErrorIs(m.t, err, context.Canceled)
	case m.left:
		require.Equal(m.t, io.EOF, err)
	case err == nil:
		i, seq := content(b)
		src := &m.sources[i]
		require.Equal(m.t, src.read, seq)
		src.read++
		m.reading = i
		if m.order == messages.AsTheyCome {
			require.Equal(m.t, m.arrived[0], i)
			m.arrived = m.arrived[1:]
			return
		}
		require.GreaterOrEqual(m.t, i, m.lastRead)
		for before := range i {
			require.True(m.t, m.sources[before].ended && m.sources[before].read == m.sources[before].sent)
		}
		m.lastRead = i
	case errors.Is(err, io.EOF):
		for _, src := range m.sources {
			require.True(m.t, src.ended)
			require.Equal(m.t, src.sent, src.read)
		}
	default: // nothing to read now
		require.ErrorIs(m.t, err, context.Canceled)
		unread, running := 0, false
		for _, src := range m.sources {
			unread += len(src.costs)
			running = running || !src.ended
		}
		require.True(m.t, running)
		require.True(m.t, unread == 0 || m.order == messages.InShardOrder)
	}
}

func sum(numbers []int) (n int) {
	for _, i := range numbers {
		n += i
	}
	return n
}

// check holds after every step.
func (m *model) check() {
	described, ended := m.owner.saw()
	require.Equal(m.t, m.broken, m.stream.Err() != nil)
	if m.over() {
		require.Len(m.t, described, 1)
	}
	require.LessOrEqual(m.t, len(described), 1)
	allEnded, inFlight := m.opened, 0
	for i, src := range m.sources {
		allEnded = allEnded && src.ended
		for at, cost := range src.costs {
			if !m.over() || at == 0 && m.reading == i {
				inFlight += cost
			}
		}
		cancels, credit := count[*messages.Cancel](m.workers[i]), granted(m.workers[i])
		if m.over() && m.opened && !src.ended {
			require.Equal(m.t, 1, cancels, "source %d", i)
		}
		require.LessOrEqual(m.t, cancels, 1)
		if src.ended {
			require.LessOrEqual(m.t, credit, src.last)
		} else if !m.over() {
			require.LessOrEqual(m.t, credit, src.released)
			require.Less(m.t, src.released-credit, max(1, (m.window+1)/2))
			if len(src.costs) == 0 {
				require.Equal(m.t, src.released, credit, "an idle source has its whole window")
			}
		}
	}
	require.Equal(m.t, inFlight, m.stream.InFlight())
	if allEnded {
		require.Equal(m.t, 1, ended)
		require.Len(m.t, described, 1)
	} else {
		require.Zero(m.t, ended)
	}
}

// finish reads what is left.
func (m *model) finish() {
	for range 1 << 20 {
		m.next()
		m.check()
		if m.reading < 0 {
			return
		}
	}
}
