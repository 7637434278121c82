package actors

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/troupedb/troupe/messages"
)

// StreamOwner is told what happens to a stream. The calls come from any goroutine, without a lock held, and don't block.
//
// StreamEnded comes only to a stream that was opened.
type StreamOwner interface {
	// StreamDescribed is called once: when every source has described its columns or ended, or with the error that
	// ended the stream before, or with the reader's reason to leave before.
	StreamDescribed(err error)
	// StreamEnded is called once: when every source has ended, so that no worker does anything for the stream. Where two
	// sources speak at once it may overtake StreamDescribed.
	StreamEnded()
}

// Source is one shard that a stream gets rows from.
type Source struct {
	Shard  messages.ShardID
	Worker messages.Address
}

// Stream gathers the batches of one call from its sources. It is a protoactor process, addressable by a PID (see Register), without a
// goroutine or a mailbox: what is told to it is filed at once. Each source sends at most a window of batches ahead of
// the reader. The end of a source comes in the stream itself and says how many batches came before it, so a gap or a
// lost end is an error and never a short result. The first source that fails ends the stream: the others are
// cancelled, and batches that were not read are dropped.
//
// Next, NextOf and Leave are the reader's, one goroutine at a time. Everything else is safe for concurrent use.
type Stream struct {
	system  *System
	owner   StreamOwner
	call    messages.CallID
	order   messages.Order
	window  int
	keep    int  // largest arena that goes back to the pool, in bytes
	renamed bool // sources may name their columns differently
	patient bool // sources are let run to their end

	current *messages.RowBatch // the batch that the reader looks at, unless it reads by source; the reader's
	timer   *time.Timer        // the reader's, for flushAfter

	mu struct {
		sync.Mutex
		sources     []source
		arrived     []int // sources in the order in which their unread batches came
		turn        int   // the source that InShardOrder is at
		running     int   // sources that have not ended
		undescribed int   // sources that have neither described their columns nor ended
		opened      bool
		pid         *actor.PID            // nil unless it is registered
		described   bool                  // StreamDescribed was called, or is about to be
		columns     *messages.Description // what the sources have declared, each type from the first that knows it
		left        bool                  // the reader has gone
		err         error
		wake        chan struct{} // capacity 1; a token when something changed for a waiting reader
		waiting     bool
	}
	one [1]source // the room for a single source
}

type source struct {
	Source
	queue    []*messages.RowBatch
	room     [4]*messages.RowBatch
	current  *messages.RowBatch // the batch that the reader looks at, if it reads by source; the reader's
	cost     int                // of what is queued, and of the batch that the reader looks at
	seq      uint64             // of the next batch
	owed     int                // credit not yet given back
	declared *messages.Description
	end      *messages.End
}

var _ messages.Address = (*Stream)(nil)

// StreamConfig configures a stream.
type StreamConfig struct {
	// Call is the call that the stream gathers for.
	Call messages.CallID
	// Order is the order of the batches. Defaults to messages.AsTheyCome.
	Order messages.Order
	// Window is how many batches each source may be ahead of the reader. It has no default.
	Window int
	// BatchBytes is the size of a full batch, in bytes. It has no default.
	BatchBytes int
}

// Init makes s, a zero Stream, ready to be failed or opened. owner is told what happens.
func (s *Stream) Init(system *System, owner StreamOwner, cfg StreamConfig) {
	s.system, s.owner = system, owner
	s.call, s.order, s.window, s.keep = cfg.Call, cfg.Order, cfg.Window, 2*cfg.BatchBytes
}

// Widen makes the window larger than Init has. REQUIRES: the stream isn't open.
func (s *Stream) Widen(window int) { s.window = max(s.window, window) }

// Patient makes sources that nobody reads any more run to their end, without being read, where they would be cancelled. Only CancelAll
// cancels them then. REQUIRES: the stream isn't open.
func (s *Stream) Patient() { s.patient = true }

// Open says which sources there are, before any is told to execute. It reports false if the stream has failed already
// or its reader has left: then nothing is to be sent.
func (s *Stream) Open(sources ...Source) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.err != nil || s.mu.left {
		return false
	}
	s.mu.opened = true
	s.mu.sources = s.one[:0]
	if len(sources) > 1 {
		s.mu.sources = make([]source, 0, len(sources))
	}
	for _, from := range sources {
		s.mu.sources = append(s.mu.sources, source{Source: from})
	}
	for i := range s.mu.sources {
		src := &s.mu.sources[i]
		src.queue = src.room[:0]
	}
	s.mu.running, s.mu.undescribed = len(sources), len(sources)
	return true
}

// Tell files a [messages.RowBatch] or a [messages.End].
func (s *Stream) Tell(msg messages.Message) {
	switch msg := msg.(type) {
	case *messages.RowBatch:
		s.batch(msg)
	case *messages.End:
		s.end(msg)
	default:
		s.Fail(&messages.Error{Code: messages.ErrProtocol, Detail: fmt.Sprintf("a stream got a %T", msg)})
	}
}

func (s *Stream) batch(b *messages.RowBatch) {
	s.mu.Lock()
	src, err := s.expect(b.Call, b.Source, b.Seq)
	n := s.file(src, b, err)
	s.wakeReader()
	s.mu.Unlock()
	s.tell(n)
}

// file queues a batch for the reader, unless err is what is wrong with it. REQUIRES: mu is held.
func (s *Stream) file(src *source, b *messages.RowBatch, err error) (n news) {
	if src != nil {
		src.seq++
	}
	if err == nil && src.cost+b.Cost > s.window {
		err = s.violation(src.Shard, fmt.Sprintf("a batch of %d beyond the window of %d", b.Cost, s.window))
	}
	if err != nil {
		n = s.fail(err)
	}
	if err != nil || s.mu.err != nil || s.mu.left {
		b.Recycle(s.keep)
		return n
	}
	src.cost += b.Cost
	src.queue = append(src.queue, b)
	if s.order == messages.AsTheyCome && len(s.mu.sources) > 1 {
		s.mu.arrived = append(s.mu.arrived, b.Source)
	}
	if b.Declared != nil && src.declared == nil {
		n = s.describe(src, b.Declared)
	}
	return n
}

func (s *Stream) end(e *messages.End) {
	s.mu.Lock()
	var n news
	last, seq := e.Rows, e.Seq
	if last != nil {
		seq--
		e.Rows = nil // they are the reader's now, or the pool's
		if e.Err != nil {
			last.Recycle(s.keep)
			last = nil
		}
	}
	src, err := s.expect(e.Call, e.Source, seq)
	if last != nil {
		n = s.file(src, last, err)
	}
	if src == nil || src.end != nil {
		if last == nil {
			n = s.fail(err)
		}
		s.mu.Unlock()
		s.tell(n)
		return
	}
	src.end = e
	s.mu.running--
	switch {
	case e.Err != nil:
		n = s.fail(messages.OnShard(e.Err, src.Shard, "", messages.ErrShardLost))
	case err != nil && last == nil:
		n = s.fail(err)
	case err == nil && s.mu.err == nil && src.declared == nil:
		n = s.describe(src, e.Declared)
	}
	if s.mu.running == 0 {
		n.ended = true
		s.unregister()
	}
	s.wakeReader()
	s.mu.Unlock()
	s.tell(n)
}

// news is what the workers and the owner have to be told of a change, once mu is released. The change itself is made
// under one hold of mu: a reader that saw the last End but not yet its error would take the rows for complete.
type news struct {
	unwanted  []int // sources that nobody reads any more, because of err
	described bool  // StreamDescribed is due, with err
	err       error
	ended     bool // StreamEnded is due
}

// tell passes on n. REQUIRES: mu is not held.
func (s *Stream) tell(n news) {
	s.dismiss(n.unwanted, n.err)
	if n.described {
		s.owner.StreamDescribed(n.err)
	}
	if n.ended {
		s.owner.StreamEnded()
	}
}

// expect returns the source that a message is from, and an error unless it is the next one. REQUIRES: mu is held.
func (s *Stream) expect(call messages.CallID, from int, seq uint64) (*source, error) {
	if call != s.call || from < 0 || from >= len(s.mu.sources) {
		return nil, s.violation("", fmt.Sprintf("a message of call %d, source %d came to call %d", call, from, s.call))
	}
	src := &s.mu.sources[from]
	switch {
	case src.end != nil:
		return src, s.violation(src.Shard, "a message after the end")
	case src.seq != seq:
		return src, s.violation(src.Shard, fmt.Sprintf("batch %d came where %d was expected", seq, src.seq))
	}
	return src, nil
}

func (s *Stream) violation(shard messages.ShardID, detail string) *messages.Error {
	return &messages.Error{Code: messages.ErrProtocol, Shard: shard, Op: "stream", Detail: detail}
}

// describe notes the declared columns of a source. A source that declares other columns than another fails the stream.
// REQUIRES: mu is held.
func (s *Stream) describe(src *source, declared *messages.Description) news {
	if declared == nil {
		declared = &messages.Description{}
	}
	if s.mu.columns == nil {
		s.mu.columns = declared
	} else if merged, difference := s.mu.columns.Merge(s.rename(declared)); difference == "" {
		s.mu.columns = merged
	} else {
		return s.fail(s.mismatch(src, declared, difference))
	}
	src.declared = declared
	s.mu.undescribed--
	if s.mu.undescribed > 0 || s.mu.described {
		return news{}
	}
	s.mu.described = true
	return news{described: true}
}

// rename returns declared with the names that the columns have already, if they don't count. REQUIRES: mu is held.
func (s *Stream) rename(declared *messages.Description) *messages.Description {
	if !s.renamed || len(declared.Fields) != len(s.mu.columns.Fields) {
		return declared
	}
	named := &messages.Description{Fields: slices.Clone(declared.Fields), Types: declared.Types, ScanPlans: declared.ScanPlans}
	for i := range named.Fields {
		named.Fields[i].Name = s.mu.columns.Fields[i].Name
	}
	return named
}

// mismatch returns the error of a source that declares other columns than some source before it. REQUIRES: mu is held.
func (s *Stream) mismatch(src *source, declared *messages.Description, difference string) *messages.Error {
	for i := range s.mu.sources {
		other := &s.mu.sources[i]
		if other.declared == nil {
			continue
		}
		if d := other.declared.Difference(declared); d != "" {
			difference = fmt.Sprintf("shard %s and shard %s: %s", other.Shard, src.Shard, d)
			break
		}
	}
	return &messages.Error{Code: messages.ErrSchemaMismatch, Shard: src.Shard, Op: "describe", Detail: difference}
}
