package actors

import (
	"errors"

	"github.com/troupedb/troupe/messages"
)

// Fail ends the stream with err: its reader gets it, and sources that have not ended are cancelled (but see Patient). Only the first
// error counts, but when shards are lost one after the other, each is named.
func (s *Stream) Fail(err error) {
	s.mu.Lock()
	n := s.fail(err)
	s.mu.Unlock()
	s.tell(n)
}

// fail is Fail, but for what has to be told. REQUIRES: mu is held.
func (s *Stream) fail(err error) news {
	switch {
	case s.mu.left:
		return news{}
	case s.mu.err != nil:
		if isLost(s.mu.err) && isLost(err) {
			s.mu.err = errors.Join(s.mu.err, err)
		}
		return news{}
	}
	s.mu.err = err
	n := news{unwanted: s.unended(), described: !s.mu.described, err: err}
	s.mu.described = true
	s.drop()
	s.wakeReader()
	return n
}

// isLost reports whether err says itself that a shard was lost. A source that was cancelled for another's sake has that
// one's loss as its cause.
func isLost(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		err = joined.Unwrap()[0]
	}
	e, ok := err.(*messages.Error)
	return ok && e.Code == messages.ErrShardLost
}

// drop recycles what nobody will read. REQUIRES: mu is held.
func (s *Stream) drop() {
	for i := range s.mu.sources {
		src := &s.mu.sources[i]
		for _, b := range src.queue {
			src.cost -= b.Cost
			b.Recycle(s.keep)
		}
		clear(src.queue)
		src.queue = src.queue[:0]
	}
	s.mu.arrived = s.mu.arrived[:0]
}

// unended returns the numbers of the sources that have not ended. REQUIRES: mu is held.
func (s *Stream) unended() []int {
	if s.mu.running == 0 {
		return nil
	}
	var numbers []int
	for i := range s.mu.sources {
		if s.mu.sources[i].end == nil {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// unlimited is more batches than any answer has.
const unlimited = 1 << 30

// dismiss cancels sources that nobody reads any more, or lets them run to their end.
func (s *Stream) dismiss(sources []int, cause error) {
	if !s.patient {
		s.cancel(sources, cause)
		return
	}
	for _, i := range sources {
		s.mu.sources[i].Worker.Tell(&messages.Credit{Call: s.call, Source: i, Batches: unlimited})
	}
}

func (s *Stream) cancel(sources []int, cause error) {
	for _, i := range sources {
		s.mu.sources[i].Worker.Tell(&messages.Cancel{Call: s.call, Source: i, Cause: cause})
	}
}

// Err returns the error that ended the stream, or nil.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.err
}

// CancelAll cancels the sources that have not ended and leaves it to their Ends to end the stream.
func (s *Stream) CancelAll(cause error) {
	s.mu.Lock()
	cancel := s.unended()
	s.mu.Unlock()
	s.cancel(cancel, cause)
}

// CancelIfOver dismisses the sources of a stream that has failed or whose reader has left. Whoever sends Executes calls
// it after the last one, for a Cancel that came to a worker before its Execute was in vain.
func (s *Stream) CancelIfOver() {
	s.mu.Lock()
	var cancel []int
	if s.mu.err != nil || s.mu.left {
		cancel = s.unended()
	}
	cause := s.mu.err
	s.mu.Unlock()
	s.dismiss(cancel, cause)
}
