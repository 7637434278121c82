package merge

import (
	"context"

	"github.com/troupedb/troupe/messages"
)

// Feed is where the rows come from: the batches of the shards that were asked, each a source with a number from 0. It has
// one reader.
type Feed interface {
	// Next returns the next batch of any source, and io.EOF after the last. The batch is valid until the Next after it.
	Next(ctx context.Context) (*messages.RowBatch, error)
	// NextOf returns the next batch of one source, and io.EOF after its last. The batch is valid until the NextOf of the same
	// source after it. Who calls NextOf never calls Next.
	NextOf(ctx context.Context, source int) (*messages.RowBatch, error)
}

// Options are what a merge needs beside its Spec: they belong to one call.
type Options struct {
	// Sources is how many sources the feed has.
	Sources int
	// Declared are the columns as the shards declare them; nil if they are none.
	Declared *messages.Description
	// Args are the statement's arguments, for a Spec.Group's expressions.
	Args []any
	// Offset and Limit are in rows; a negative Limit is none.
	Offset, Limit int64
	// Order, Group and Distinct have the collations that were looked up for those that are CollationUnknown in Spec.Order (or
	// Spec.Group.Order), and of Spec.Group.Keys. Distinct is that of all of a row's texts.
	Order, Group []Collation
	Aggregates   []Collation // of Min and Max, by aggregate
	Distinct     Collation
	// Budget is how many bytes a held set may take. Defaults to DefaultBudget.
	Budget int64
}

// DefaultBudget is the default of Options.Budget, 64 MiB.
const DefaultBudget = 64 << 20

// Merger yields the rows of a merged answer. It has one reader, and holds nothing that must be closed.
type Merger interface {
	// Next returns the place of the next row, and io.EOF after the last. It is valid, with what it points to, until the Next
	// after it. Errors are the feed's, as they are, or a *messages.Error: ErrRefused for what can't be merged exactly, ErrTooLarge
	// beyond the budget, ErrProtocol for rows that aren't what they are described as. After an error of the feed Next may be
	// called again, and goes on where the feed does; any other error is final.
	Next(ctx context.Context) (*Position, error)
	// Description describes the columns of the answer as far as they were declared, before the first row.
	Description() *messages.Description
}
