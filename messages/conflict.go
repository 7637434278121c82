package messages

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// Conflict reports whether err says that a transaction, or a statement outside of one, took no effect because of others that ran
// at the same time, so that the whole of it may be run again: [ErrTxConflict], [ErrBusy], or PostgreSQL's serialization failure
// (40001) and deadlock (40P01). It is false where an effect is unknown, or there on some shards.
func Conflict(err error) bool {
	if errors.Is(err, ErrOutcomeUnknown) || errors.Is(err, ErrPartialCommit) {
		return false
	}
	if errors.Is(err, ErrTxConflict) || errors.Is(err, ErrBusy) {
		return true
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
