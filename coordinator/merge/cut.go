package merge

import (
	"context"
	"io"

	"github.com/troupedb/troupe/messages"
)

// cut passes over the first rows, and ends after so many.
type cut struct {
	from Merger
	skip int64 // rows to pass over
	left int64 // rows to yield; negative is all
}

func (m *cut) Description() *messages.Description { return m.from.Description() }

func (m *cut) Next(ctx context.Context) (*Position, error) {
	if m.left == 0 {
		return nil, io.EOF
	}
	for ; m.skip > 0; m.skip-- {
		if _, err := m.from.Next(ctx); err != nil {
			return nil, err
		}
	}
	at, err := m.from.Next(ctx)
	if err == nil && m.left > 0 {
		m.left--
	}
	return at, err
}
