package txtest_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
)

// step is the nth statement of a kind that a shard is sent.
type step struct {
	verb string
	nth  int
}

// Where a transaction of perform can be struck, on each shard, and where one of rollBackTwice.
var (
	stepsToCommit   = []step{{"begin", 1}, {"statement", 1}, {"savepoint", 1}, {"statement", 2}, {"release", 1}, {"commit", 1}}
	stepsToRollback = []step{{"rollback to", 1}, {"rollback", 1}}
)

func TestFaultAtEveryStepOfACommit(t *testing.T) {
	for _, kinds := range []string{"sss", "ppp", "psp"} {
		t.Run(kinds, func(t *testing.T) { strikeEverywhere(t, kinds, false) })
	}
}

func strikeEverywhere(t *testing.T, kinds string, rollBack bool) {
	s := open(t, kinds, nil)
	s.everywhere(t, createLedger)
	s.requireWorking(t, -1)
	goroutines := runtime.NumGoroutine()
	points := stepsToCommit
	if rollBack {
		points = stepsToRollback
	}
	runs, unstruck := int64(0), map[string]int{}
	for _, b := range blows {
		for _, step := range points {
			for shard, d := range s.dbs {
				for _, after := range []bool{false, true} {
					hook := b.before
					if after {
						hook = b.after
					}
					if hook == nil || strings.IndexByte(b.kinds, kinds[shard]) < 0 {
						continue
					}
					runs++
					name := fmt.Sprintf("%s %s %s %d on %s", b.name, when(after), step.verb, step.nth, d.id)
					if !t.Run(name, func(t *testing.T) {
						r := newRun(t, s, runs)
						r.panics = b.panics
						sn := &snare{verb: step.verb, nth: step.nth}
						strike := func() error { return hook(r, d) }
						if after {
							sn.after = strike
						} else {
							sn.before = strike
						}
						if !r.strike(d, sn, b.closes, rollBack) {
							unstruck[step.verb]++
						}
					}) {
						return
					}
				}
			}
		}
	}
	assert.Empty(t, unstruck, "these steps are never taken: the test strikes at nothing")
	t.Logf("%d runs", runs)
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+int(runs)/10 }, limit, 10*time.Millisecond,
		"%d goroutines before, %d after", goroutines, runtime.NumGoroutine())
}

func when(after bool) string {
	if after {
		return "after"
	}
	return "before"
}

func newRun(t *testing.T, s *stage, number int64) *run {
	r := &run{stage: s, t: t, number: number, alarm: newAlarm()}
	r.ctx, r.cancel = context.WithCancel(r.alarm)
	r.call, r.hangUp = context.WithCancel(context.Background())
	t.Cleanup(r.cancel)
	t.Cleanup(r.hangUp)
	return r
}

// strike runs a transaction with sn set on d, judges it, and reports whether sn was sprung.
func (r *run) strike(d *database, sn *snare, closes, rollBack bool) bool {
	defer r.cancel()
	defer r.hangUp()
	r.disarm()
	d.trap.arm(sn)
	finish := func(tx *coordinator.Tx) error { return tx.Commit(r.call) }
	if rollBack {
		finish = func(tx *coordinator.Tx) error { return r.rollBackTwice(tx) }
	}
	var err error
	var committing bool
	mustReturn(r.t, func() { committing, err = r.perform(finish) })
	sprung := d.trap.sprung()
	if closes && sprung {
		require.NoError(r.t, <-r.closed)
	}
	if rollBack {
		r.requireNothing(err)
	} else {
		r.judge(err, committing)
	}
	if closes && sprung {
		r.raise(r.t)
	}
	r.disarm()
	r.requireWorking(r.t, -1-r.number)
	return sprung
}

// rollBackTwice undoes a savepoint, and then all.
func (r *run) rollBackTwice(tx *coordinator.Tx) error {
	sp, err := tx.Begin(r.call)
	if err == nil {
		if err = r.write(sp, "undone"); err == nil {
			err = sp.Rollback(r.call)
		}
	}
	if e := tx.Rollback(r.call); err == nil {
		err = e
	}
	return err
}

// requireNothing checks that a transaction that was rolled back left nothing, whatever it returned.
func (r *run) requireNothing(err error) {
	if err != nil && !errors.Is(err, pgx.ErrTxClosed) {
		requireTyped(r.t, err)
	}
	r.requireIdle(r.t)
	for id, n := range r.entries(r.t, r.number) {
		require.Zero(r.t, n, "it was rolled back, but is on %s: %v", id, err)
	}
}

func TestFaultAtEveryStepOfARollback(t *testing.T) {
	for _, kinds := range []string{"ss", "ps"} {
		t.Run(kinds, func(t *testing.T) { strikeEverywhere(t, kinds, true) })
	}
}

// mustReturn runs f, and fails with all stacks if it doesn't come back.
func mustReturn(t testing.TB, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(limit):
		require.FailNow(t, "it hangs", "%s", stacks())
	}
}

func stacks() string {
	var b strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
	return b.String()
}
