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
	for {
		if j.inline && j.handOver(started) {
			return
		}
		if !j.next() {
			break
		}
		if err := j.append(); err != nil {
			j.close(err)
			return
		}
	}
	j.close(nil)
}

// next moves the cursor. While it may wait for the database, a Flush may take the batch.
func (j *job) next() bool {
	if j.cursor.Buffered() {
		return j.cursor.Next()
	}
	j.filling.Unlock()
	defer j.filling.Lock()
	return j.cursor.Next()
}

// append copies the current row into the batch, and sends the batch when it is full or waited for.
func (j *job) append() error {
	d := j.cursor.Description()
	if j.batch != nil && j.batch.Description != d {
		if err := j.send(); err != nil {
			return err
		}
	}
	if j.batch == nil {
		j.batch = messages.NewRowBatch(d)
	}
	j.cursor.Append(j.batch)
	if j.batch.Len() >= j.target || j.flushing.Load() {
		return j.send()
	}
	return nil
}

// handOver gives the job to a goroutine of the system when the caller has something to read and the next row may take
// a while, and reports whether it did. REQUIRES: filling is held.
func (j *job) handOver(started time.Time) bool {
	if j.seq == 0 && (j.batch == nil || j.cursor.Buffered() && time.Since(started) < inlineFor) {
		return false
	}
	if j.batch != nil {
		if err := j.send(); err != nil {
			j.close(err)
			return true
		}
	}
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
	b := j.batch
	j.batch = nil
	b.Call, b.Source, b.Seq, b.Cost = j.Call, j.Source, j.seq, cost
	if j.seq == 0 {
		b.Declared = j.declared
	}
	j.seq++
	j.target = min(4*j.target, j.BatchBytes)
	j.flushing.Store(false)
	j.ReplyTo.Tell(b)
}

// cost is how many batches of the window the batch takes: an oversized row takes as many as its bytes would.
func (j *job) cost() int {
	return min(1+(j.batch.Len()-1)/(2*j.BatchBytes), j.Window)
}

func (j *job) close(err error) {
	if err == nil && j.batch != nil {
		err = j.send()
	}
	if j.batch != nil {
		j.batch.Recycle(2 * j.BatchBytes)
		j.batch = nil
	}
	if err != nil {
		j.conn.Interrupt() // nobody wants the rest
	}
	tag, closeErr := j.cursor.Close()
	if err == nil {
		err = closeErr
	}
	if err != nil {
		tag = pgconn.CommandTag{}
	}
	j.finish(tag, err)
}

// flush sends the rows that there are, for a reader that waits. Is the runner busy with them, it is asked to send the
// next row at once. It never blocks.
func (j *job) flush() {
	j.flushing.Store(true)
	if !j.filling.TryLock() {
		return
	}
	defer j.filling.Unlock()
	if j.batch == nil {
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
