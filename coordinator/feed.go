package coordinator

import (
	"context"
	"io"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/messages"
)

// feed is where Rows, or their merger, get the batches from: the call's stream, whose errors it completes.
type feed Rows

var _ merge.Feed = (*feed)(nil)

// Next returns the next batch of any shard.
func (f *feed) Next(ctx context.Context) (*messages.RowBatch, error) {
	batch, err := f.call.stream.Next(ctx)
	if err != nil && f.ends(ctx, &err) {
		return f.call.stream.Next(ctx)
	}
	return batch, err
}

// NextOf returns the next batch of one shard.
func (f *feed) NextOf(ctx context.Context, source int) (*messages.RowBatch, error) {
	batch, err := f.call.stream.NextOf(ctx, source)
	if err != nil && f.ends(ctx, &err) {
		return f.call.stream.NextOf(ctx, source)
	}
	return batch, err
}

// ends sees to an error that came with the end of the context: it is replaced by what the shards say. It reports true if
// they have all ended complete after all, so that nothing is waited for any more.
func (f *feed) ends(ctx context.Context, err *error) bool {
	if *err == io.EOF || ctx.Err() == nil {
		return false
	}
	if failed := f.call.stream.Err(); failed != nil {
		*err = failed // a shard noticed the end of the context first
		return false
	}
	f.expired = true
	*err = f.call.expire()
	return *err == nil
}
