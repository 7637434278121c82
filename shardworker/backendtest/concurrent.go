package backendtest

import (
	"sync"
)

// allConnections uses every connection of every lane at once. More than a lane has is never asked for: the worker
// queues jobs itself, so what a backend does then is its own affair.
func allConnections(f *fixture) {
	var group sync.WaitGroup
	start := make(chan struct{}) // so that all are opened at once, too
	for lane, n := range f.b.Lanes() {
		for range n {
			group.Go(func() {
				<-start
				for range 5 {
					c, err := f.b.Acquire(f.ctx, lane)
					if err != nil {
						f.Errorf("lane %d: %v", lane, err)
						return
					}
					requireNumbers(&concurrent{f}, query(f.ctx, c, f.Statements.Numbers, int64(1000)), 1000)
					c.Release()
				}
			})
		}
	}
	close(start)
	group.Wait()
}

func concurrentWriters(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	lane := f.lane(s.Insert, false)
	writers := f.b.Lanes()[lane]
	const each = 20
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				if err := f.insert(lane, int64(w*each+i)); err != nil {
					f.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	group.Wait()
	f.requireRows(int64(writers * each))
}

func (f *fixture) insert(lane int, n int64) error {
	c, err := f.b.Acquire(f.ctx, lane)
	if err != nil {
		return err
	}
	defer c.Release()
	tag, err := c.Exec(f.ctx, f.Statements.Insert, []any{n, "concurrent"})
	if err == nil && tag.RowsAffected() != 1 {
		f.Errorf("tag %q", tag)
	}
	return err
}

// concurrent makes require usable on other goroutines than the test's: it marks the test as failed and goes on.
type concurrent struct{ *fixture }

// FailNow does nothing; Errorf has been called before it.
func (*concurrent) FailNow() {}
