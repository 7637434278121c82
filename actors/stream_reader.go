package actors

import (
	"context"
	"io"
	"time"

	"github.com/troupedb/troupe/messages"
)

// flushAfter is how long a reader waits for a batch before it asks the workers for the rows they have so far.
const flushAfter = 2 * time.Millisecond

// Next returns the next batch, which stays valid until the call after. At the end it returns io.EOF, and otherwise the
// error that ended the stream. While it waits it watches ctx, whose end it returns as ctx.Err() without ending the
// stream.
func (s *Stream) Next(ctx context.Context) (*messages.RowBatch, error) {
	s.release(&s.current)
	return s.await(ctx, anySource, &s.current)
}

// ReadBySource says, before Open, that the reader calls NextOf and never Next.
func (s *Stream) ReadBySource() { s.order = messages.InShardOrder } // so nobody notes which batch came first

// NamesMayDiffer says, before Open, that a source may give its columns other names than another source: those of the first that
// declares them count.
func (s *Stream) NamesMayDiffer() { s.renamed = true }

// NextOf returns the next batch of one source, by its number, which stays valid until the NextOf of that source after it. At
// the source's end it returns io.EOF; for the rest it is as Next.
func (s *Stream) NextOf(ctx context.Context, source int) (*messages.RowBatch, error) {
	current := &s.mu.sources[source].current // the sources don't change once the stream is open
	s.release(current)
	return s.await(ctx, source, current)
}

// anySource stands for all of them.
const anySource = -1

// await waits for the next batch of a source and makes it the current one.
func (s *Stream) await(ctx context.Context, of int, current **messages.RowBatch) (*messages.RowBatch, error) {
	for {
		s.mu.Lock()
		if s.mu.err != nil {
			err := s.mu.err
			s.mu.Unlock()
			return nil, err
		}
		if b := s.take(of); b != nil {
			*current = b
			s.mu.Unlock()
			return b, nil
		}
		if s.mu.running == 0 || s.mu.left || of != anySource && s.mu.sources[of].finished() {
			s.mu.Unlock()
			return nil, io.EOF
		}
		s.mu.waiting = true
		if s.mu.wake == nil {
			s.mu.wake = make(chan struct{}, 1)
		}
		s.mu.Unlock()
		if err := s.wait(ctx, of); err != nil {
			return nil, err
		}
	}
}

// take removes the next batch of a source from its queue. REQUIRES: mu is held.
func (s *Stream) take(of int) *messages.RowBatch {
	if of != anySource {
		if len(s.mu.sources[of].queue) == 0 {
			return nil
		}
		return s.mu.sources[of].shift()
	}
	from := 0
	switch {
	case len(s.mu.sources) < 2:
		if len(s.mu.sources) == 0 || len(s.mu.sources[0].queue) == 0 {
			return nil
		}
	case s.order == messages.InShardOrder:
		for s.mu.turn < len(s.mu.sources) && s.mu.sources[s.mu.turn].finished() {
			s.mu.turn++
		}
		from = s.mu.turn
		if from == len(s.mu.sources) || len(s.mu.sources[from].queue) == 0 {
			return nil
		}
	default:
		if len(s.mu.arrived) == 0 {
			return nil
		}
		from = s.mu.arrived[0]
		s.mu.arrived = append(s.mu.arrived[:0], s.mu.arrived[1:]...)
	}
	return s.mu.sources[from].shift()
}

// shift removes the first batch of the queue. REQUIRES: mu is held.
func (src *source) shift() *messages.RowBatch {
	b := src.queue[0]
	copy(src.queue, src.queue[1:])
	src.queue[len(src.queue)-1] = nil
	src.queue = src.queue[:len(src.queue)-1]
	return b
}

func (src *source) finished() bool { return src.end != nil && len(src.queue) == 0 }

// release gives the current batch back to the pool, and its credit to the worker: in lumps of half a window, or all of it
// when nothing is queued, for the worker's next batch may need the whole window.
func (s *Stream) release(current **messages.RowBatch) {
	b := *current
	if b == nil {
		return
	}
	*current = nil
	from, cost := b.Source, b.Cost
	b.Recycle(s.keep)
	s.mu.Lock()
	src := &s.mu.sources[from]
	src.owed += cost
	src.cost -= cost
	give := 0
	if src.end == nil && (src.owed >= (s.window+1)/2 || len(src.queue) == 0) {
		give, src.owed = src.owed, 0
	}
	worker := src.Worker
	s.mu.Unlock()
	if give > 0 {
		worker.Tell(&messages.Credit{Call: s.call, Source: from, Batches: give})
	}
}

// wait blocks until something changed. After flushAfter it asks the source, or all of them, for what they have.
func (s *Stream) wait(ctx context.Context, of int) error {
	if s.timer == nil {
		s.timer = time.NewTimer(flushAfter)
	} else {
		s.timer.Reset(flushAfter)
	}
	defer s.timer.Stop()
	for {
		select {
		case <-s.mu.wake:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-s.timer.C:
			s.askForRows(of)
		}
	}
}

// askForRows asks those sources that have nothing queued.
func (s *Stream) askForRows(of int) {
	s.mu.Lock()
	var ask []int
	for i := range s.mu.sources {
		if src := &s.mu.sources[i]; src.end == nil && len(src.queue) == 0 && (of == anySource || of == i) {
			ask = append(ask, i)
		}
	}
	s.mu.Unlock()
	for _, i := range ask {
		s.mu.sources[i].Worker.Tell(&messages.Flush{Call: s.call, Source: i})
	}
}

// wakeReader tells a waiting reader that something changed. REQUIRES: mu is held.
func (s *Stream) wakeReader() {
	if !s.mu.waiting {
		return
	}
	s.mu.waiting = false
	select {
	case s.mu.wake <- struct{}{}:
	default: // there is a token already
	}
}

// Leave is the reader's goodbye: sources that have not ended are cancelled, not drained. A second call does nothing.
func (s *Stream) Leave(cause error) {
	s.release(&s.current)
	for i := range s.mu.sources {
		s.release(&s.mu.sources[i].current)
	}
	s.mu.Lock()
	if s.mu.left {
		s.mu.Unlock()
		return
	}
	s.mu.left = true
	s.drop()
	n := news{described: !s.mu.described, err: cause}
	s.mu.described = true
	if s.mu.err == nil { // else it was done when the stream failed
		n.unwanted = s.unended()
	}
	s.mu.Unlock()
	s.tell(n)
}
