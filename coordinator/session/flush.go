package session

import (
	"context"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Flush writes what was added, changed and deleted: new rows after their parents, then changes, then deletions after those of children,
// one statement for each table and shard as far as the databases' limits allow, and different shards at once. Before anything is sent it
// gives keys, finds each object's shard, and refuses what would put a row on another shard than its parent or its key say
// ([messages.ErrWrongShard]).
//
// A row that somebody else changed, by its version, or that is gone, is [messages.ErrStale]. After any error of a Flush the session has to be
// rolled back, or to a savepoint: other calls fail with [messages.ErrTxAborted].
func (s *Session) Flush(ctx context.Context) error {
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	return s.flush(ctx, nil)
}

// flushing is one flush.
type flushing struct {
	s       *Session
	ctx     context.Context
	fresh   []*entry // to be inserted
	changes []*change
	removed []*entry // to be deleted

	shards map[*entry]messages.ShardID // where fresh ones go; empty while that is found out
	linked map[*entry]bool
	late   map[*entry][]int // refs of fresh ones whose parent gets its key when it is inserted
	byRow  map[row][]*entry // fresh ones by their key, as far as it is known
	work   map[messages.ShardID]*shardWork
}

// flush writes everything but what is to be done to except.
func (s *Session) flush(ctx context.Context, except *entry) (err error) {
	defer func() {
		if p := recover(); p != nil { // in the application's code
			s.failed = &messages.Error{Code: messages.ErrPanic, Op: "flush", Detail: messages.PanicText(p)}
			panic(p)
		}
		if err != nil {
			s.failed = err
		}
	}()
	if err := ctx.Err(); err != nil {
		return &messages.Error{Code: messages.ErrCanceled, Op: "flush", Err: err}
	}
	if err := s.checkDoubt(); err != nil {
		return err
	}
	if err := s.discover(); err != nil {
		return err
	}
	f := &flushing{
		s: s, ctx: ctx, shards: map[*entry]messages.ShardID{}, linked: map[*entry]bool{},
		late: map[*entry][]int{}, byRow: map[row][]*entry{}, work: map[messages.ShardID]*shardWork{},
	}
	for _, e := range s.entries {
		switch {
		case e == except:
		case e.state == pending:
			f.fresh = append(f.fresh, e)
		case e.state == deleting:
			if err := s.checkReference(e); err != nil {
				return err
			}
			f.removed = append(f.removed, e)
		}
	}
	if err := s.giveKeys(ctx, f.fresh); err != nil {
		return err
	}
	for _, step := range []func() error{
		f.linkFresh, f.placeFresh, func() error { return f.findChanges(except) }, f.checkOrphans, f.sort, f.checkTwins,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	if len(f.work) == 0 {
		return nil
	}
	if err := s.begin(ctx, f.touched()...); err != nil {
		return err
	}
	if err := f.checkParents(); err != nil {
		return err
	}
	s.findAll() // for work on different shards, which goes on at once
	if err := f.run(); err != nil {
		return err
	}
	return f.settle()
}

// route returns the context that choosers are asked with.
func (f *flushing) route() context.Context { return f.s.within(f.ctx) }

// touched returns the shards that there is something to write on, in configuration order.
func (f *flushing) touched() []messages.ShardID {
	var touched []messages.ShardID
	for _, shard := range f.s.troupe.Shards() {
		if f.work[shard] != nil {
			touched = append(touched, shard)
		}
	}
	return touched
}

// checkTwins refuses a new row with the key of one that is deleted in the same flush: rows are inserted first.
func (f *flushing) checkTwins() error {
	for _, e := range f.removed {
		for _, twin := range f.byRow[e.row()] {
			if f.shards[twin] == e.key.Shard {
				return invalid("%v is deleted and added anew in one flush: flush the deletion first", e.key)
			}
		}
	}
	return nil
}

// run sends everything.
func (f *flushing) run() error {
	work := map[messages.ShardID]func() error{}
	for shard, w := range f.work {
		work[shard] = func() error { return w.run(f, shard) }
	}
	return f.s.onShards(work)
}

// shardWork is what is written on one shard, each group rows of one struct type.
type shardWork struct {
	inserts [][]*entry // parents first
	updates [][]*change
	deletes [][]*entry // children first
}

func (w *shardWork) run(f *flushing, shard messages.ShardID) error {
	for _, group := range w.inserts {
		if err := f.insert(shard, group); err != nil {
			return err
		}
	}
	for _, group := range w.updates {
		if err := f.update(shard, group); err != nil {
			return err
		}
	}
	for _, group := range w.deletes {
		if err := f.s.deleteRows(f.ctx, shard, group); err != nil {
			return err
		}
	}
	return nil
}

// settle makes the objects what their rows are now.
func (f *flushing) settle() error {
	s := f.s
	for _, e := range f.removed {
		s.note(e)
		s.unindex(e)
		e.state = gone
	}
	for _, c := range f.changes {
		s.note(c.e)
		c.e.bump()
		// Without a version, nothing says that the columns of an expired row which weren't written are what they were.
		expired := c.e.expired && c.e.mapping.Version < 0
		if err := c.e.seen(); err != nil {
			return err
		}
		c.e.expired, c.e.written = expired, true
	}
	for _, e := range f.fresh {
		if err := s.born(e, f.shards[e]); err != nil {
			return err
		}
	}
	return nil
}

// born makes an entry one that has a row on shard.
func (s *Session) born(e *entry, shard messages.ShardID) error {
	pk, err := e.mapping.PrimaryKey(e.value)
	if err != nil {
		return err
	}
	s.note(e)
	if err := e.seen(); err != nil {
		return err
	}
	e.state, e.written, e.readded = persistent, true, nil
	mapping.Release(e.object, s.claim)
	e.key = messages.Key{Table: e.mapping.Table, PK: pk, Shard: shard}
	mapping.SetKey(e.object, e.key)
	s.index(e)
	return nil
}
