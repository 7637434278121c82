package ids

import (
	"context"

	"github.com/google/uuid"

	"github.com/troupedb/troupe/messages"
)

// UUIDv7 returns a source of UUIDs of version 7 (RFC 9562), as [16]byte, which sort by the time at which they were made: within
// the process each is greater than those before, whatever the clock does. It needs no database.
func UUIDv7() Source { return uuidV7{} }

type uuidV7 struct{}

// Next makes n UUIDs.
func (uuidV7) Next(ctx context.Context, table string, n int) ([]any, error) {
	if err := check(ctx, table, n); err != nil || n == 0 {
		return nil, err
	}
	ids := make([]any, n)
	for i := range ids {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, &messages.Error{Code: messages.ErrUnavailable, Op: "ids", Detail: "no randomness for a UUID", Err: err}
		}
		ids[i] = [16]byte(id)
	}
	return ids, nil
}
