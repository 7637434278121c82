package shardworker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
)

const opCopy = "copy"

// CopyRows reads the rows that a CopyFrom is given, for whoever runs it: it checks them, counts them, and makes errors of
// what the source does wrong, panics included. One goroutine uses it at a time.
type CopyRows struct {
	// Panicked is told the value of a source's panic, on the stack that panicked, for a log. Defaults to nobody.
	Panicked func(value any)

	ctx   context.Context
	src   pgx.CopyFromSource
	width int
	count int64
	row   int64 // its number, for errors
	err   error
	ended bool
}

// NumberedRows is a source whose rows are some of another's. Errors then name a row by the number that it has there.
type NumberedRows interface {
	pgx.CopyFromSource
	// Number returns the number of the current row, from 1 on.
	Number() int64
}

// NewCopyRows returns a reader of src, unless what is to be copied can't be right in any database: no source, no columns, a
// column that is named twice, an empty name, a NUL byte. Such errors are [messages.ErrInvalidRequest]. Once ctx has ended, so have
// the rows, with [messages.ErrCanceled]: a source that comes to its end because of that is no complete one.
func NewCopyRows(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (*CopyRows, error) {
	switch {
	case src == nil:
		return nil, invalidCopy("there is no source of rows")
	case len(table) == 0:
		return nil, invalidCopy("no table is named")
	case len(columns) == 0:
		return nil, invalidCopy("no columns are named")
	case slices.ContainsFunc(table, isNoName):
		return nil, invalidCopy("the table's name has an empty part or a NUL byte")
	}
	for i, column := range columns {
		if isNoName(column) {
			return nil, invalidCopy("the name of column %d is empty or has a NUL byte", i+1)
		}
		if slices.Contains(columns[:i], column) {
			return nil, invalidCopy("column %q is named twice", column)
		}
	}
	return &CopyRows{ctx: ctx, src: src, width: len(columns)}, nil
}

func isNoName(name string) bool { return name == "" || strings.IndexByte(name, 0) >= 0 }

// Next returns the values of the next row, which belong to the source, or nil at the end. After an error it returns the
// same one again.
func (r *CopyRows) Next() ([]any, error) {
	if r.err != nil || r.ended {
		return nil, r.err
	}
	values, err := r.next()
	if r.ctx.Err() != nil {
		err = r.canceled()
	}
	switch {
	case err != nil:
		r.err = err
		return nil, err
	case values == nil:
		r.ended = true
		return nil, nil
	}
	r.count++
	return values, nil
}

func (r *CopyRows) next() (values []any, err error) {
	defer func() {
		if value := recover(); value != nil {
			if r.Panicked != nil {
				r.Panicked(value)
			}
			values = nil
			err = &messages.Error{
				Code: messages.ErrPanic, Op: opCopy, Detail: fmt.Sprintf("the source of the rows, at row %d: %s", r.row, messages.PanicText(value)),
			}
		}
	}()
	r.row = r.count + 1
	if !r.src.Next() {
		return nil, r.failed(r.src.Err())
	}
	if numbered, ok := r.src.(NumberedRows); ok {
		r.row = numbered.Number()
	}
	values, err = r.src.Values()
	switch {
	case err != nil:
		return nil, r.failed(err)
	case len(values) != r.width:
		return nil, invalidCopy("row %d has %d values for %d columns", r.row, len(values), r.width)
	}
	return values, nil
}

func (r *CopyRows) canceled() error {
	err, cause := r.ctx.Err(), context.Cause(r.ctx)
	if !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return &messages.Error{Code: messages.ErrCanceled, Op: opCopy, Err: err}
}

// failed returns the error of a source. One of troupe's says all itself.
func (r *CopyRows) failed(err error) error {
	if err == nil {
		return nil
	}
	if known, ok := err.(*messages.Error); ok {
		return known
	}
	return &messages.Error{
		Code: messages.ErrInvalidRequest, Op: opCopy, Detail: fmt.Sprintf("the source of the rows failed at row %d", r.row), Err: err,
	}
}

// Count returns how many rows were read.
func (r *CopyRows) Count() int64 { return r.count }

// Row returns the number of the row that was read last, for errors.
func (r *CopyRows) Row() int64 { return r.row }

func invalidCopy(format string, args ...any) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: opCopy, Detail: fmt.Sprintf(format, args...)}
}
