package coordinator

import (
	"slices"

	"github.com/troupedb/troupe/actors"
)

// holder is what runs several statements in a transaction of the caller's: a batch whose results are not closed, a copy that has begun to send. Between
// two of its statements none runs, and yet the transaction can't be committed there, nor a savepoint be set or ended.
type holder interface {
	// fail has it send nothing more, because of err. It doesn't wait for what was sent.
	fail(err error)
}

// failing is the first failure of a holder, which ends all of its lanes.
type failing struct{ first actors.Promise[struct{}] }

// fail notes the first failure.
func (f *failing) fail(err error) { f.first.Resolve(struct{}{}, err) }

// failure returns it, or nil.
func (f *failing) failure() error {
	_, err, _ := f.first.Future().Result()
	return err
}

// stopped returns what is closed with it.
func (f *failing) stopped() <-chan struct{} { return f.first.Future().Done() }

// hold makes h count as a statement that runs, from now until letGo.
func (tx *Tx) hold(h holder) error {
	x := tx.of
	x.mu.Lock()
	defer x.mu.Unlock()
	switch err := x.usableLocked(); {
	case err != nil:
		return err
	case tx.closed.Load(), tx.depth > 0 && !tx.isSetLocked():
		return txClosed("it has ended", nil)
	}
	x.mu.holders = append(x.mu.holders, h)
	return nil
}

// letGo ends what hold has begun, if it has.
func (x *transaction) letGo(h holder) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := slices.Index(x.mu.holders, h); i >= 0 {
		x.mu.holders = slices.Delete(x.mu.holders, i, i+1)
	}
	x.quietLocked()
}

// stopHolders stops whatever runs several statements.
func (x *transaction) stopHolders() {
	x.mu.Lock()
	holders := slices.Clone(x.mu.holders)
	x.mu.Unlock()
	for _, h := range holders {
		h.fail(txClosed("it was rolled back", nil))
	}
}

// busyLocked reports whether something runs.
func (x *transaction) busyLocked() bool { return x.mu.running > 0 || len(x.mu.holders) > 0 }

// quietLocked wakes who waits until nothing runs, or no call, if that is so.
func (x *transaction) quietLocked() {
	if x.mu.running == 0 && x.mu.uncalled != nil {
		close(x.mu.uncalled)
		x.mu.uncalled = nil
	}
	if !x.busyLocked() && x.mu.quiet != nil {
		close(x.mu.quiet)
		x.mu.quiet = nil
	}
}
