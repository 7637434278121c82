package shardworker

import (
	"encoding/json"
	"time"
)

// What a worker remembers of statements.
const (
	maxHabits      = 256      // texts of a generation
	maxHabitsBytes = 32 << 10 // of these together: there may be ten thousand shards
	maxHabitBytes  = 4 << 10  // of a text
	closelyTimed   = 8        // how often a new text is timed
	timedEvery     = 16       // and which runs after that
)

// Which statements may join others.
const (
	// quickRead and quickWrite are how much longer than twice the quickest of its lane a statement may take in the mean: so long the others have to
	// wait for it. What the quickest takes is the way to the database, and the commit, which are what a batch saves.
	quickRead  = 10 * time.Millisecond
	quickWrite = 50 * time.Millisecond
	// smallAnswer leaves room for an answer that is larger than those before.
	smallAnswer = MaxSharedBytes / 4
	// smallArgs is how large the arguments may be. They are sent, and perhaps kept in memory, with those of all others.
	smallArgs = 16 << 10
	// longBatch is how long a batch of reads may take where there are other connections, which could run some of them meanwhile. A few
	// may join in any case: what each costs then shows how much of its time alone it shared with others.
	longBatch = 10 * time.Millisecond
	fewReads  = 4
)

// habits are what is known of statements, by their texts. A text that is not there is unknown. They come in two generations: when the young
// ones are too many, they become the old ones, and the old ones are forgotten. So a flood of texts that are never seen again doesn't take away
// those that are used all the time.
type habits struct {
	young, old map[habitKey]*habit
	bytes      int // of the texts of young
}

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
	each    time.Duration // its share of what a batch took, when it ran among others; 0 if it never did
}

// of returns the habit of a text: one that is known, a new one, or nil if the text isn't worth one.
func (hs *habits) of(sql string, wantRows bool) (h *habit, known bool) {
	key := habitKey{sql, wantRows}
	if h, known = hs.young[key]; !known {
		if h, known = hs.old[key]; known {
			hs.know(sql, wantRows, h)
		}
	}
	if known {
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
	if hs.young == nil || len(hs.young) >= maxHabits || hs.bytes+len(sql) > maxHabitsBytes {
		*hs = habits{young: map[habitKey]*habit{}, old: hs.young}
	}
	hs.young[habitKey{sql, wantRows}] = h
	hs.bytes += len(sql)
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

// learnEach notes its share of a batch.
func (h *habit) learnEach(took time.Duration) {
	if h.each == 0 {
		h.each = took
	} else {
		h.each += (took - h.each) / 4
	}
}

// cost is how long it will take in a batch.
func (h *habit) cost() time.Duration {
	if h.each > 0 {
		return h.each
	}
	return h.took
}

// stall notes that a batch with the text has stalled: it runs alone until it has shown that it is quick.
func (h *habit) stall(quickest time.Duration) { h.took = max(h.took, 4*quickRead+4*quickest) }

// joins reports whether such statements were small and quick so far, as that company asks. quickest is how long the quickest of it took. A read that
// was quick only beside them joins as long as batches show that it gains by it: that it was the way that took so long.
func (h *habit) joins(company Company, quickest time.Duration) bool {
	switch {
	case h.runs == 0 || h.bytes > smallAnswer:
		return false
	case company == AmongWrites:
		return h.took <= quickWrite+2*quickest
	case h.took <= quickRead:
		return true
	default:
		return h.took <= quickRead+2*quickest && h.each < h.took/2
	}
}

// argBytes returns the size of what is large in arguments.
func argBytes(args []any) int {
	n := 0
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			n += len(arg)
		case []byte:
			n += len(arg)
		case json.RawMessage:
			n += len(arg)
		}
	}
	return n
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
