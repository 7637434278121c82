package coordinator

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/messages"
)

// Rows are the rows of one call, gathered from its shards: a pgx.Rows over PostgreSQL and SQLite shards alike. Each row
// is decoded with the description of its own shard. The order is as [messages.Options] say; without ORDER BY a database
// promises none either.
//
// If a shard fails, Next returns false at once, and Err names the shard and how many rows had been handed out: an
// answer is complete or an error, never short. Rows have one reader. They must be closed or read to their end; Rows
// that are forgotten are closed by the garbage collector, with a warning in the log.
type Rows struct {
	call    *call
	cleanup runtime.Cleanup // closes forgotten Rows; the zero value if there is nothing to close

	at       *merge.Position // the current row: in own, or where the merger has it
	own      merge.Position
	merger   merge.Merger // nil if the rows are handed out as the shards send them
	count    int64        // rows handed out
	closed   bool
	complete bool // they were read to their end
	expired  bool // the context has ended, and the grace was granted
	err      error
	scan     scanner
}

var _ pgx.Rows = (*Rows)(nil)

// newRows returns the rows of a call whose shards have described their columns. Rows that can't be merged carry the error.
func newRows(c *call) *Rows {
	r := &c.rows // if there is nothing to clean up, they need no life of their own
	if _, _, over := c.over.Future().Result(); !over {
		r = new(Rows)
		r.cleanup = runtime.AddCleanup(r, (*call).forgotten, c)
	}
	r.call, r.at = c, &r.own
	if c.gather != nil {
		var err error
		if r.merger, err = c.merge((*feed)(r)); err != nil {
			r.fail(err)
		}
	}
	return r
}

// forgotten ends a call whose Rows nobody holds any more.
func (c *call) forgotten() {
	if _, _, over := c.over.Future().Result(); over {
		return
	}
	shards := c.stream.Shards()
	c.troupe.cfg.Logger.Warn("Rows were forgotten: close them or read them to their end", "call", uint64(c.id), "shards", fmt.Sprint(shards))
	c.stream.Fail(errLeft)
}

var errLeft = &messages.Error{Code: messages.ErrCanceled, Detail: "the reader has left"}

// Next moves to the next row. False means the end, or an error that Err returns; the rows are closed then.
func (r *Rows) Next() bool {
	if r.merger == nil && r.own.Left() > 0 {
		r.own.NextUnread()
		r.count++
		return true
	}
	return r.nextBatch()
}

func (r *Rows) nextBatch() bool {
	if r.closed {
		return false
	}
	var err error
	if r.merger != nil {
		r.at, err = r.merger.Next(r.call.ctx)
	} else {
		var batch *messages.RowBatch
		if batch, err = (*feed)(r).Next(r.call.ctx); err == nil {
			r.own.BeginUnread(batch, batch.Description)
		}
	}
	if err != nil {
		r.at = &r.own
		if err == io.EOF { // an error may have io.EOF as its cause: only io.EOF itself is the end
			r.finish()
		} else {
			r.fail(err)
		}
		return false
	}
	r.count++
	r.scan.describe(r.at.Description())
	return true
}

// finish closes the rows at their end.
func (r *Rows) finish() {
	if r.merger != nil {
		r.drain()
	}
	r.complete = true
	r.close()
}

// drainRows is how many rows of each shard are read in vain, at the most, to keep their connections: to cancel costs more.
const drainRows = 10_000

// drain reads what is left of the shards' rows after a LIMIT was reached, if each shard was told the same LIMIT and it is
// small. An error there is no error of the answer, which is complete.
func (r *Rows) drain() {
	c := r.call
	if o := &c.gather.options; !c.gather.spec.Cut || c.gather.spec.Group != nil || o.Limit < 0 || o.Limit > drainRows-o.Offset {
		return
	}
	if !c.gather.ordered {
		for err := error(nil); err == nil; {
			_, err = c.stream.Next(c.ctx)
		}
		return
	}
	for source := range c.targets {
		for err := error(nil); err == nil; {
			_, err = c.stream.NextOf(c.ctx, source)
		}
	}
}

// fail closes the rows with an error, which tells how many rows came before it.
func (r *Rows) fail(err error) {
	if r.closed {
		return
	}
	r.err = messages.AfterRows(unmerged(err), r.count)
	r.close()
	r.err = r.call.whole(r.err)
}

// misread closes rows of which one can't be decoded.
func (r *Rows) misread(err error) {
	r.Close()
	if r.err == nil {
		r.err = err
	} else if r.err != err {
		r.err = errors.Join(err, r.err)
	}
}

// Close ends the reading: shards that still send are cancelled, not drained, and Close waits for them to let go of
// their connections, for a few milliseconds at the most. Rows of a statement that may write are read to their end as
// pgx does, for to cancel it would undo it: Err tells then whether it took effect. So are those of a transaction. It may be called more than once.
func (r *Rows) Close() {
	if !r.closed && (r.call.tx != nil || messages.MayWrite(r.call.sql)) {
		for r.Next() {
		}
	}
	r.close()
}

func (r *Rows) close() {
	if r.closed {
		return
	}
	r.closed = true
	r.own.End()
	r.at = &r.own
	r.scan.close()
	if r.call == nil {
		return
	}
	r.cleanup.Stop()
	r.call.stream.Leave(errLeft)
	if !r.expired {
		r.call.awaitOver()
	}
}

// awaitOver waits for the workers to let go, within the grace.
func (c *call) awaitOver() {
	over := c.over.Future()
	if _, _, settled := over.Result(); settled {
		return
	}
	if c.tx != nil { // its shards are let run to their end, as long as there is time
		select {
		case <-over.Done():
			return
		case <-c.ctx.Done():
			c.stream.CancelAll(endOf(c.ctx))
		}
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-over.Done():
	case <-timer.C:
	}
}

// Err returns the error that ended the rows, or nil.
func (r *Rows) Err() error { return r.err }

// CommandTag returns the statement's tag with the shards' row counts added, once the rows are closed at their end.
func (r *Rows) CommandTag() pgconn.CommandTag {
	switch {
	case r.call == nil || r.err != nil:
		return pgconn.CommandTag{}
	case r.merger != nil && !r.complete: // what the shards have sent isn't the answer
		return pgconn.CommandTag{}
	case r.merger != nil:
		return pgconn.NewCommandTag(fmt.Sprintf("SELECT %d", r.count))
	}
	return sumTags(r.call.stream.Ends())
}

// Outcomes returns what each shard answered, once the rows are closed at their end.
func (r *Rows) Outcomes() []Outcome {
	if r.call == nil {
		return nil
	}
	return r.call.outcomes()
}

// Shards returns the shards that the call went to, in the order in which they were chosen.
func (r *Rows) Shards() []messages.ShardID {
	if r.call == nil {
		return nil
	}
	return r.call.stream.Shards()
}

// Shard returns the shard of the current row; empty without one, and for a row that was made of several: a merged group.
func (r *Rows) Shard() messages.ShardID {
	batch := r.current()
	if batch == nil || r.merger != nil && r.call.gather.spec.Group != nil {
		return ""
	}
	return r.call.troupe.cfg.Shards[r.call.targets[batch.Source]].ID
}

// current returns the batch of the current row; nil without one.
func (r *Rows) current() *messages.RowBatch {
	if r.at == nil {
		return nil // rows that failed before they were any
	}
	return r.at.Batch()
}

// FieldDescriptions describes the columns of the current row, as its own shard does; before the first row, as the
// statement declares them.
func (r *Rows) FieldDescriptions() []pgconn.FieldDescription {
	if r.current() != nil {
		return r.at.Description().Fields
	}
	if r.merger != nil {
		return r.merger.Description().Fields
	}
	if r.call != nil {
		if d := r.call.stream.Declared(); d != nil {
			return d.Fields
		}
	}
	return nil
}

// RawValues returns the bytes of the current row, encoded as FieldDescriptions says: valid until the next Next or Close.
func (r *Rows) RawValues() [][]byte {
	if r.current() == nil {
		return nil
	}
	return r.at.Raw()
}

// TypeMap returns the types that the current row is decoded with. It belongs to r, is valid until Close, and is not safe
// for concurrent use.
func (r *Rows) TypeMap() *pgtype.Map {
	types := r.scan.typeMap()
	r.scan.borrowed = false // the caller may register types, so nobody else may get it
	return types
}

// Conn returns nil: rows of several shards have no single connection.
func (r *Rows) Conn() *pgx.Conn { return nil }

// InFlight returns how many batches wait for the reader or are on their way to be read, over all shards.
func (r *Rows) InFlight() int {
	if r.call == nil {
		return 0
	}
	return r.call.stream.InFlight()
}

// ShardOf returns the shard of the current row of rows that a troupe returned; empty for others.
func ShardOf(rows pgx.CollectableRow) messages.ShardID {
	if r, ok := rows.(interface{ Shard() messages.ShardID }); ok {
		return r.Shard()
	}
	return ""
}

func failedRows(err error) *Rows { return &Rows{closed: true, err: err} }
