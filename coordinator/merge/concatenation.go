package merge

import (
	"context"

	"github.com/troupedb/troupe/messages"
)

// concatenation yields rows as they come.
type concatenation struct {
	feed     Feed
	at       Position
	visible  visibility
	declared *messages.Description
}

func newConcatenation(spec *Spec, feed Feed, o *Options) *concatenation {
	m := &concatenation{feed: feed, visible: visibility{hidden: spec.Hidden}}
	m.declared = m.visible.declared(o.Declared)
	return m
}

func (m *concatenation) Description() *messages.Description { return m.declared }

func (m *concatenation) Next(ctx context.Context) (*Position, error) {
	if m.at.Left() > 0 {
		m.at.Next()
		return &m.at, nil
	}
	return m.nextBatch(ctx)
}

func (m *concatenation) nextBatch(ctx context.Context) (*Position, error) {
	m.at.End()
	for {
		b, err := m.feed.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b.Rows() == 0 {
			continue
		}
		visible, err := m.visible.of(b.Description)
		if err != nil {
			return nil, err
		}
		m.at.Begin(b, visible)
		return &m.at, nil
	}
}
