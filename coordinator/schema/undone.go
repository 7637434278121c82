package schema

import (
	"context"
	"errors"
	"regexp"

	"github.com/troupedb/troupe/messages"
)

// RolledBack returns the error of a statement in a transaction that wasn't committed, without the doubt whether it took effect: it didn't,
// even if its connection was lost while it ran. Only a text that may hold a COMMIT of its own keeps the doubt. It is for functions of
// [OnEach] that run transactions; the error of a commit itself isn't for it.
func RolledBack(sql string, err error) error {
	var e *messages.Error
	if !errors.Is(err, messages.ErrOutcomeUnknown) || ownCommit.MatchString(sql) {
		return err
	}
	for errors.As(err, &e) && e.Code == messages.ErrOutcomeUnknown {
		certain := &messages.Error{Code: messages.ErrShardLost, Shard: e.Shard, Op: e.Op, Detail: e.Detail, Rows: e.Rows, Err: e.Err}
		var cause *messages.Error
		switch {
		case errors.As(e.Err, &cause):
			certain = messages.OnShard(e.Err, e.Shard, e.Op, cause.Code)
		case errors.Is(e.Err, context.Canceled), errors.Is(e.Err, context.DeadlineExceeded):
			certain.Code = messages.ErrCanceled
		}
		err = certain
	}
	return err
}

// ownCommit finds what may end a transaction with its changes: COMMIT, END, PREPARE TRANSACTION. It may be wrong about a text that has
// none, but not about one that has.
var ownCommit = regexp.MustCompile(`(?i)commit|\bend\b|\bprepare\b`)
