package fake

import "slices"

// Stats is a snapshot of a backend's counters.
type Stats struct {
	// Opened is how many sessions there ever were. It stays low where connections are used again.
	Opened int
	// Acquired and Released count connections, and InUse is the difference.
	Acquired, Released, InUse int
	// MaxInUse is the most that InUse ever was.
	MaxInUse int
	// Spent is how many connections were not as clean as new when they were released.
	Spent int
	// Interrupted is how many connections were interrupted while they were in use.
	Interrupted int
	// Batches is how many batches were run, Shared how many statements began in them, and LargestBatch the most in one.
	Batches, Shared, LargestBatch int
}

func (s *Stats) acquired() {
	s.Acquired++
	s.InUse++
	s.MaxInUse = max(s.MaxInUse, s.InUse)
}

func (s *Stats) released(clean bool) {
	s.Released++
	s.InUse--
	if !clean {
		s.Spent++
	}
}

// Statement is an entry in the log of statements.
type Statement struct {
	SQL  string
	Args []any
	// WantRows is true for Query and false for Exec.
	WantRows bool
	// Session is the number of the session that it was sent on, from 1.
	Session int
	// Batch is the number of the batch that it was part of, from 1; 0 if it was sent alone.
	Batch int
	// Again says that it is to be run again, after its batch: it had no effect.
	Again bool
}

// Stats returns the counters as they are now.
func (b *Backend) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mu.stats
}

// Statements returns all statements that were sent, in order.
func (b *Backend) Statements() []Statement {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mu.log)
}
