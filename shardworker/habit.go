package shardworker

import "time"

// What a worker remembers of statements.
const (
	maxHabits     = 1024    // texts
	maxHabitBytes = 4 << 10 // of a text
	closelyTimed  = 8       // how often a new text is timed
	timedEvery    = 16      // and which runs after that
)

// Which statements may join others.
const (
	// quickRead is how long a read may take in the mean: so long the others have to wait for it.
	quickRead = 10 * time.Millisecond
	// quickWrite is how much longer than twice the quickest commit a write may take. The commit's own time, which a lone
	// write is timed with, is what a batch saves.
	quickWrite = 50 * time.Millisecond
	// smallAnswer leaves room for an answer that is larger than those before.
	smallAnswer = MaxSharedBytes / 4
)

// habits are what is known of statements, by their texts. A text that is not there is unknown.
type habits map[habitKey]*habit

type habitKey struct {
	sql      string
	wantRows bool
}

// habit is what is known of a text. The actor's.
type habit struct {
	lane    int
	company Company // if classed
	classed bool
	asked   uint32 // how often
	runs    uint32 // how often it ran alone, was timed, and succeeded
	took    time.Duration
	bytes   int
}

// of returns the habit of a text: one that is known, a new one, or nil if the text isn't worth one.
func (hs *habits) of(sql string, wantRows bool) (h *habit, known bool) {
	if h, known = (*hs)[habitKey{sql, wantRows}]; known {
		h.asked++
		return h, true
	}
	if len(sql) > maxHabitBytes {
		return nil, false
	}
	return &habit{}, false
}

// know adds the habit of a text.
func (hs *habits) know(sql string, wantRows bool, h *habit) {
	if *hs == nil || len(*hs) >= maxHabits {
		*hs = habits{} // the texts that are used will soon be back
	}
	(*hs)[habitKey{sql, wantRows}] = h
}

// timed reports whether to time the next run.
func (h *habit) timed() bool { return h.runs < closelyTimed || h.asked%timedEvery == 0 }

// learn notes a run alone.
func (h *habit) learn(took time.Duration, bytes int) {
	if h.runs == 0 {
		h.took = took
	} else {
		h.took += (took - h.took) / 4
	}
	h.runs++
	h.bytes = max(bytes, h.bytes-h.bytes/8)
}

// stall notes that a batch with the text has stalled: it runs alone until it has shown that it is quick.
func (h *habit) stall() { h.took = max(h.took, 4*quickRead) }

// joins reports whether such statements were small and quick so far. commit is how long the lane's quickest write took.
func (h *habit) joins(commit time.Duration) bool {
	limit := quickRead
	if h.company == AmongWrites {
		limit = quickWrite + 2*commit
	}
	return h.runs > 0 && h.took <= limit && h.bytes <= smallAnswer
}

// isPlain reports whether no argument can be more than a value: an option, or something that rewrites the statement.
func isPlain(args []any) bool {
	for _, arg := range args {
		switch arg.(type) {
		case nil, int, int64, int32, string, bool, float64, []byte, time.Time:
		default:
			return false
		}
	}
	return true
}
