package shardworker

import "github.com/troupedb/troupe/messages"

// addCredit lets the job send n more batches.
func (j *job) addCredit(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.credit += n
	j.wake()
}

// takeCredit waits until n more batches may be sent, the job is cancelled, or its context ends.
func (j *job) takeCredit(n int) error {
	for {
		j.mu.Lock()
		if j.cause != nil {
			defer j.mu.Unlock()
			return j.canceledError()
		}
		if j.credit >= n {
			j.credit -= n
			j.mu.Unlock()
			return nil
		}
		if j.Ordered && (j.lease == nil || j.lease.waited()) {
			j.mu.Unlock()
			return &messages.Error{Code: messages.ErrTooLarge, Op: j.op(), Detail: "shards of one database answer one after the other here, and the rows of one are more than may be held until the next has begun"}
		}
		changed := make(chan struct{})
		j.changed = changed
		j.mu.Unlock()
		select {
		case <-changed:
		case <-j.Context.Done():
			return &messages.Error{Code: messages.ErrCanceled, Op: j.op(), Err: j.Context.Err()}
		}
	}
}

// wake lets a runner that waits for credit look again. REQUIRES: mu is held.
func (j *job) wake() {
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}
