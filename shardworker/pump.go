package shardworker

import (
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// inlineFor is how long a caller's own goroutine reads rows before it hands the job over, so that rows that come slowly
// are not held back.
const inlineFor = time.Millisecond

// pump moves rows from the cursor into batches and sends them, until the end or until the job is handed over.
func (j *job) pump() {
	j.filling.Lock()
	defer j.filling.Unlock()
	var started time.Time
	if j.inline {
		started = time.Now()
	}
	filler, _ := j.cursor.(Filler)
	for {
		if j.inline {
			if j.handOver(started) {
				return
			}
		} else if j.due() {
			if err := j.send(); err != nil {
				j.close(err)
				return
			}
		}
		if !j.next() {
			j.close(nil)
			return
		}
		if err := j.append(); err != nil {
			j.close(err)
			return
		}
		if filler != nil && !j.inline && !filler.Fill(j.filled, j.target) {
			j.close(nil)
			return
		}
	}
}

// next moves the cursor. While it may wait for the database, a Flush may take the batch.
func (j *job) next() bool {
	if j.cursor.Buffered() {
		return j.cursor.Next()
	}
	first := j.seq == 0
	j.filling.Unlock()
	defer j.filling.Lock()
	if first || j.flushing.Load() { // nobody can ask for the first rows; a Flush may have come while filling was held
		j.offer()
	}
	return j.cursor.Next()
}

// append copies the current row into the batch, or into a new one if the row has another description. An inline job has
// the credit for that: it was handed over if a batch was sent before.
func (j *job) append() error {
	d := j.cursor.Description()
	if j.filled != nil && j.filled.Description != d {
		if err := j.send(); err != nil {
			return err
		}
	}
	if j.filled == nil {
		j.filled = messages.NewRowBatch(d)
	}
	j.cursor.Append(j.filled)
	return nil
}

// due reports whether there is a batch that is full or waited for. REQUIRES: filling is held.
func (j *job) due() bool {
	return j.filled != nil && (j.filled.Len() >= j.target || j.flushing.Load())
}

// handOver gives the job to a goroutine of the system when the caller has something to read and the next row may take
// a while, and reports whether it did. It doesn't wait for credit: the caller is perhaps who has to read for it.
// REQUIRES: filling is held.
func (j *job) handOver(started time.Time) bool {
	if j.seq == 0 && (j.filled == nil || !j.due() && j.cursor.Buffered() && time.Since(started) < inlineFor) {
		return false
	}
	j.sendNow()
	j.shard.System.Go(rest{j})
	return true
}

// send waits for the credit that the batch costs and sends it. REQUIRES: filling is held.
func (j *job) send() error {
	cost := j.cost()
	if err := j.takeCredit(cost); err != nil {
		return err
	}
	j.deliver(cost)
	return nil
}

// deliver sends the batch. REQUIRES: filling is held, and the batch has its credit.
func (j *job) deliver(cost int) {
	b := j.address(cost)
	j.target = min(4*j.target, j.BatchBytes)
	j.flushing.Store(false)
	j.ReplyTo.Tell(b)
}

// address takes the batch, to be sent. REQUIRES: as deliver.
func (j *job) address(cost int) *messages.RowBatch {
	b := j.filled
	j.filled = nil
	b.Call, b.Source, b.Seq, b.Cost = j.Call, j.Source, j.seq, cost
	if j.seq == 0 {
		b.Declared = j.declared
	}
	j.seq++
	j.bytes += b.Len()
	return b
}

// cost is how many batches of the window the batch takes: an oversized row takes as many as its bytes would.
func (j *job) cost() int {
	return min(1+(j.filled.Len()-1)/(2*j.BatchBytes), j.Window)
}

// close ends the statement and the job: err is why, or nil at the end of the rows. REQUIRES: filling is held.
func (j *job) close(err error) {
	if err == nil && j.filled != nil { // it is sent with the End, once the statement has ended well
		cost := j.cost()
		if err = j.takeCredit(cost); err == nil {
			j.rows = j.address(cost)
		}
	}
	j.dropBatch()
	if err != nil {
		j.conn.Interrupt() // nobody wants the rest
		if j.inDoubt() {
			err = &messages.Error{Code: messages.ErrOutcomeUnknown, Shard: j.shard.ID, Op: j.op(), Err: err}
		}
	}
	tag, closeErr := j.cursor.Close()
	if err == nil && closeErr != nil {
		if err = closeErr; j.takeBack() && j.repeat(err) {
			return
		}
	}
	if err != nil {
		tag = pgconn.CommandTag{}
	}
	j.finish(tag, err)
}

// takeBack drops the last batch, which was to be sent with the End of an answer that has failed, and reports whether nothing was sent.
// REQUIRES: filling is held.
func (j *job) takeBack() bool {
	if j.rows != nil {
		j.addCredit(j.rows.Cost)
		j.rows.Recycle(2 * j.BatchBytes)
		j.rows = nil
		j.seq--
		j.bytes = 0
	}
	return j.seq == 0
}

func (j *job) dropBatch() {
	if j.filled != nil {
		j.filled.Recycle(2 * j.BatchBytes)
		j.filled = nil
	}
}

// flush sends the rows that there are, for a reader that waits. If the runner is busy with them, it does so itself as soon
// as it has the next row, or before it waits for one. It never blocks.
func (j *job) flush() {
	j.flushing.Store(true)
	j.offer()
}

// offer sends the batch unless the runner is at it or credit is missing. It never blocks. REQUIRES: filling is not held.
func (j *job) offer() {
	if j.filling.TryLock() {
		defer j.filling.Unlock()
		j.sendNow()
	}
}

// sendNow sends the batch, if there is one and credit for it. REQUIRES: filling is held.
func (j *job) sendNow() {
	if j.filled == nil {
		return
	}
	cost := j.cost()
	j.mu.Lock()
	enough := j.credit >= cost && j.cause == nil
	if enough {
		j.credit -= cost
	}
	j.mu.Unlock()
	if enough {
		j.deliver(cost)
	}
}
