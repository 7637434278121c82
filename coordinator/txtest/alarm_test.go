package txtest_test

import (
	"context"
	"sync"
	"time"
)

// alarm is a context whose deadline passes when the test says so, and not on a machine's whim.
type alarm struct {
	context.Context
	deadline time.Time
	done     chan struct{}
	once     sync.Once
}

func newAlarm() *alarm {
	return &alarm{Context: context.Background(), deadline: time.Now().Add(4 * limit), done: make(chan struct{})}
}

// ring lets the deadline pass.
func (a *alarm) ring() { a.once.Do(func() { close(a.done) }) }

// Deadline returns one that is far away.
func (a *alarm) Deadline() (time.Time, bool) { return a.deadline, true }

// Done is closed by ring.
func (a *alarm) Done() <-chan struct{} { return a.done }

// Err is that of a passed deadline once the alarm has rung.
func (a *alarm) Err() error {
	select {
	case <-a.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
