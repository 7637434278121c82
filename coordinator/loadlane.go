package coordinator

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// loadLane loads the chunks of a copy that are for one database. It has one connection, so chunks for several shards that are the
// database are loaded one after the other.
type loadLane struct {
	*loading
	ctx   context.Context
	queue chan *chunk // closed by the copy at the end of the rows
}

// Run loads what comes through the queue. After a failure nobody sends to it any more.
func (l *loadLane) Run() {
	defer l.running.Done()
	next, open := <-l.queue
	for open {
		shard := next.shard
		rows := &laneRows{lane: l, shard: shard, chunk: next, at: -1}
		tag, err := l.troupe.load(l.ctx, shard, &messages.Copy{Table: l.tables[shard], Columns: l.columns, Rows: rows})
		if err != nil {
			l.fail(certain(err, rows.ended.Load()))
			return
		}
		l.counts[shard] += tag.RowsAffected()
		next, open = rows.next, rows.next != nil
	}
}

// laneRows are the rows that one load takes from a lane: those of the first chunk's shard, until there is one for another or the queue ends.
type laneRows struct {
	lane  *loadLane
	shard int
	chunk *chunk // nil after the last row
	at    int    // the row in chunk
	next  *chunk
	ended atomic.Bool // all of them were read; looked at while a load that was given up may still run
	err   error
}

var _ shardworker.NumberedRows = (*laneRows)(nil)

// Next moves to the next row. It waits for one, until the copy has failed.
func (r *laneRows) Next() bool {
	r.lane.sent.Store(true)
	if r.ended.Load() || r.err != nil {
		return false
	}
	if r.at++; r.at < len(r.chunk.numbers) {
		return true
	}
	r.lane.recycle(r.chunk)
	r.chunk, r.at = nil, 0
	select {
	case c, open := <-r.lane.queue:
		switch {
		case r.lane.failure() != nil: // what is closed after a failure is no end
			r.err = errGivenUp
		case !open:
			r.ended.Store(true)
		case c.shard != r.shard:
			r.next = c
			r.ended.Store(true)
		default:
			r.chunk = c
			return true
		}
	case <-r.lane.stopped():
		r.err = errGivenUp
	case <-r.lane.ctx.Done():
		r.err = &messages.Error{Code: messages.ErrCanceled, Op: opCopy, Err: context.Cause(r.lane.ctx)}
	}
	return false
}

// errGivenUp ends the loads of a copy that has failed elsewhere.
var errGivenUp = &messages.Error{Code: messages.ErrCanceled, Op: opCopy, Detail: "the copy has failed elsewhere"}

// Values returns the current row.
func (r *laneRows) Values() ([]any, error) {
	if r.chunk == nil {
		return nil, fmt.Errorf("there is no row")
	}
	width := len(r.lane.columns)
	return r.chunk.values[r.at*width : (r.at+1)*width], nil
}

// Err returns why the rows ended early.
func (r *laneRows) Err() error { return r.err }

// Number returns the number of the current row in the copy's source.
func (r *laneRows) Number() int64 { return r.chunk.numbers[r.at] }

var _ pgx.CopyFromSource = (*laneRows)(nil)
