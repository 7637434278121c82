package ids

import (
	"context"
	"fmt"

	"github.com/troupedb/troupe/messages"
)

// Source makes ids.
type Source interface {
	// Next returns n new ids for rows of table, in the order in which they are to be used; none and no error if n is 0. It is safe
	// for concurrent use, and returns when ctx ends. ctx may carry a transaction, see coordinator.WithTx. The result is the caller's.
	//
	// An id is never returned twice, but for those that were taken inside of a transaction which was rolled back.
	Next(ctx context.Context, table string, n int) ([]any, error)
}

// Func is a function as a Source. What [Source] asks of Next is asked of it; it is only called for one id or more. That it returns
// as many as it was asked for is checked: else Next fails with [messages.ErrInvalidRequest].
type Func func(ctx context.Context, table string, n int) ([]any, error)

// Next calls f, on the caller's goroutine.
func (f Func) Next(ctx context.Context, table string, n int) ([]any, error) {
	if f == nil {
		return nil, invalidRequest("the function is nil")
	}
	if err := check(ctx, table, n); err != nil || n == 0 {
		return nil, err
	}
	ids, err := f(ctx, table, n)
	if err != nil {
		return nil, err
	}
	if len(ids) != n {
		return nil, invalidRequest(fmt.Sprintf("the function made %d ids for table %s where %d were asked for", len(ids), table, n))
	}
	return ids, nil
}

// maxIDs is how many ids may be asked for at once.
const maxIDs = 1 << 24

// check refuses what no source can answer.
func check(ctx context.Context, table string, n int) error {
	switch {
	case table == "":
		return invalidRequest("no table")
	case n < 0 || n > maxIDs:
		return invalidRequest(fmt.Sprintf("%d ids for table %s: it must be from 0 to %d", n, table, maxIDs))
	case ctx.Err() != nil:
		return canceled(ctx, table)
	}
	return nil
}

func invalidRequest(detail string) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "ids", Detail: detail}
}

func canceled(ctx context.Context, table string) error {
	return &messages.Error{Code: messages.ErrCanceled, Op: "ids", Detail: "table " + table, Err: ctx.Err()}
}
