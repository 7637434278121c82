package fake

import (
	"context"
	"sync"
)

// Gate holds up whoever comes to it until it is opened, and tells a test that somebody came.
type Gate struct {
	arrive  sync.Once
	arrived chan struct{}
	open    sync.Once
	opened  chan struct{}
}

// NewGate returns a shut gate.
func NewGate() *Gate {
	return &Gate{arrived: make(chan struct{}), opened: make(chan struct{})}
}

// Open lets everybody through, now and later. A second Open does nothing.
func (g *Gate) Open() { g.open.Do(func() { close(g.opened) }) }

// Arrived returns a channel that is closed when somebody has come to the gate, open or shut.
func (g *Gate) Arrived() <-chan struct{} { return g.arrived }

func (g *Gate) wait(ctx context.Context) error {
	g.arrive.Do(func() { close(g.arrived) })
	select {
	case <-g.opened:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
