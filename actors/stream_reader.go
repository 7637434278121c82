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
	s.release()
	for {
		s.mu.Lock()
		if s.mu.err != nil {
			err := s.mu.err
			s.mu.Unlock()
			return nil, err
		}
		if b := s.take(); b != nil {
			s.current = b
			s.mu.Unlock()
			return b, nil
		}
		if s.mu.running == 0 || s.mu.left {
			s.mu.Unlock()
			return nil, io.EOF
		}
		s.mu.waiting = true
		if s.mu.wake == nil {
			s.mu.wake = make(chan struct{}, 1)
		}
		s.mu.Unlock()
		if err := s.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// take removes the next batch from its queue. REQUIRES: mu is held.
func (s *Stream) take() *messages.RowBatch {
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
	src := &s.mu.sources[from]
	b := src.queue[0]
	copy(src.queue, src.queue[1:])
	src.queue[len(src.queue)-1] = nil
	src.queue = src.queue[:len(src.queue)-1]
	return b
}

func (src *source) finished() bool { return src.end != nil && len(src.queue) == 0 }

// release gives the current batch back to the pool, and its credit to the worker: in lumps of half a window, or all of it
// when nothing is queued, for the worker's next batch may need the whole window.
func (s *Stream) release() {
	b := s.current
	if b == nil {
		return
	}
	s.current = nil
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

// wait blocks until something changed. After flushAfter it asks the sources that have nothing queued for what they have.
func (s *Stream) wait(ctx context.Context) error {
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
			s.askForRows()
		}
	}
}

func (s *Stream) askForRows() {
	s.mu.Lock()
	var ask []int
	for i := range s.mu.sources {
		if src := &s.mu.sources[i]; src.end == nil && len(src.queue) == 0 {
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
	s.release()
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
		n.cancel = s.unended()
	}
	s.mu.Unlock()
	s.tell(n)
}
