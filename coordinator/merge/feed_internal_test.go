package merge

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// background is for merges whose feed waits for nothing.
var background = context.Background()

// batchFeed hands out batches that are made beforehand, and recycles each as the contract allows.
type batchFeed struct {
	batches [][]*messages.RowBatch // by source
	order   []int                  // in which Next takes from the sources; then as they are
	failing map[int]error          // what a source ends with, if not io.EOF
	lent    map[int]*messages.RowBatch
	mixed   bool // Next was called
}

func (f *batchFeed) Next(context.Context) (*messages.RowBatch, error) {
	f.mixed = true
	f.recycle(-1)
	for len(f.order) > 0 {
		source := f.order[0]
		f.order = f.order[1:]
		if len(f.batches[source]) > 0 {
			return f.take(-1, source), nil
		}
	}
	for source := range f.batches {
		if len(f.batches[source]) > 0 {
			return f.take(-1, source), nil
		}
		if err := f.failing[source]; err != nil {
			return nil, err
		}
	}
	return nil, io.EOF
}

func (f *batchFeed) NextOf(_ context.Context, source int) (*messages.RowBatch, error) {
	if f.mixed {
		return nil, errMixed
	}
	f.recycle(source)
	if len(f.batches[source]) > 0 {
		return f.take(source, source), nil
	}
	if err := f.failing[source]; err != nil {
		return nil, err
	}
	return nil, io.EOF
}

var errMixed = &messages.Error{Code: messages.ErrProtocol, Detail: "NextOf after Next"}

func (f *batchFeed) take(lender, source int) *messages.RowBatch {
	b := f.batches[source][0]
	f.batches[source] = f.batches[source][1:]
	if f.lent == nil {
		f.lent = map[int]*messages.RowBatch{}
	}
	f.lent[lender] = b
	return b
}

func (f *batchFeed) recycle(lender int) {
	if b := f.lent[lender]; b != nil {
		b.Recycle(1 << 20)
		delete(f.lent, lender)
	}
}

// describeColumns makes a description of binary columns.
func describeColumns(names []string, oids []uint32) *messages.Description {
	d := &messages.Description{}
	for i, name := range names {
		d.Fields = append(d.Fields, pgconn.FieldDescription{Name: name, DataTypeOID: oids[i], Format: pgtype.BinaryFormatCode, TypeModifier: -1})
	}
	return d
}

// batchOf makes a batch of a source.
func batchOf(source int, d *messages.Description, rows ...[][]byte) *messages.RowBatch {
	b := messages.NewRowBatch(d)
	b.Source = source
	for _, row := range rows {
		b.AppendRow(row)
	}
	return b
}
