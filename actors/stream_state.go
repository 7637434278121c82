package actors

import "github.com/troupedb/troupe/messages"

// Ends returns the end of every source in order, once all have ended; nil for one that has not.
func (s *Stream) Ends() []*messages.End {
	s.mu.Lock()
	defer s.mu.Unlock()
	ends := make([]*messages.End, len(s.mu.sources))
	for i := range s.mu.sources {
		ends[i] = s.mu.sources[i].end
	}
	return ends
}

// EndOf returns the end of a source; nil if it has not ended. REQUIRES: there is such a source.
func (s *Stream) EndOf(source int) *messages.End {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.sources[source].end
}

// EndedWell reports whether every source has ended without an error, and so has the stream: then whoever told it anything has told all
// that there will be.
func (s *Stream) EndedWell() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.mu.sources {
		if end := s.mu.sources[i].end; end == nil || end.Err != nil {
			return false
		}
	}
	return s.mu.opened && s.mu.err == nil
}

// Shards returns the shards of the sources in order.
func (s *Stream) Shards() []messages.ShardID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]messages.ShardID, len(s.mu.sources))
	for i := range s.mu.sources {
		ids[i] = s.mu.sources[i].Shard
	}
	return ids
}

// InFlight returns how many batches of the windows are taken: sent and not yet given back by the reader.
func (s *Stream) InFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for i := range s.mu.sources {
		n += s.mu.sources[i].cost
	}
	return n
}

// Declared returns the columns as the first described source declares them; nil before.
func (s *Stream) Declared() *messages.Description {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.mu.sources {
		if d := s.mu.sources[i].declared; d != nil {
			return d
		}
	}
	return nil
}

// Opened reports whether Open has succeeded, so that StreamEnded comes or has come.
func (s *Stream) Opened() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.opened
}

// Waiting reports whether a source has not ended.
func (s *Stream) Waiting(source int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return source < len(s.mu.sources) && s.mu.sources[source].end == nil
}
