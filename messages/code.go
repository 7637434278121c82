package messages

// Code says which of a caller's questions an error answers. Codes are the sentinels of troupe: each is itself an error,
// so errors.Is(err, messages.ErrClosed) asks for one. Their text is stable and may be logged or counted.
type Code string

// Error returns the code's text.
func (c Code) Error() string { return "troupe: " + string(c) }

// The codes. "Nothing was sent" means that the statement reached no database.
const (
	// ErrInvalidConfig: a configuration can't be used; nothing was opened.
	ErrInvalidConfig Code = "invalid configuration"
	// ErrInvalidShardID: a shard id departs from its grammar.
	ErrInvalidShardID Code = "invalid shard id"
	// ErrInvalidRequest: a request can't be run as it is (an argument, a struct, an option); nothing was sent.
	ErrInvalidRequest Code = "invalid request"
	// ErrUnknownShard: a pin, token or chooser named a shard that doesn't exist; nothing was sent.
	ErrUnknownShard Code = "unknown shard"
	// ErrNoRoute: no pin, token or chooser says where the request should go; nothing was sent.
	ErrNoRoute Code = "no route"
	// ErrChooser: a chooser panicked, returned an error, or chose no shard; nothing was sent.
	ErrChooser Code = "chooser failed"
	// ErrRefused: the statement can't be answered exactly over several shards, or not be translated to a shard's Names; nothing was sent, unless it shows only when the
	// values of a read come that they can't be merged. Error.Detail has the clause, the reason and a hint.
	ErrRefused Code = "refused"
	// ErrOverloaded: too many calls are in flight; nothing was sent.
	ErrOverloaded Code = "overloaded"
	// ErrPoolExhausted: the context ended while all connections of the shard were busy; nothing was sent.
	ErrPoolExhausted Code = "pool exhausted"
	// ErrUnavailable: the shard could not be reached; nothing was sent.
	ErrUnavailable Code = "shard unavailable"
	// ErrShardLost: the connection or the worker was lost after the statement was sent.
	ErrShardLost Code = "shard lost"
	// ErrOutcomeUnknown: a statement that may write was sent, and whether it took effect is not known.
	ErrOutcomeUnknown Code = "outcome unknown"
	// ErrStatement: the database refused the statement. errors.As finds its own error with the SQLSTATE.
	ErrStatement Code = "statement failed"
	// ErrSchemaMismatch: shards described different columns for one statement.
	ErrSchemaMismatch Code = "schema mismatch"
	// ErrRowTooLarge: a row is larger than the cap.
	ErrRowTooLarge Code = "row too large"
	// ErrTooLarge: what a merge has to hold at once (DISTINCT, groups) is larger than its budget.
	ErrTooLarge Code = "merge too large"
	// ErrBusy: a SQLite database stayed locked until the context ended; nothing was changed.
	ErrBusy Code = "database busy"
	// ErrDamaged: the database file is corrupt or no database.
	ErrDamaged Code = "database damaged"
	// ErrUnwritable: the database can't be written (disk full, read-only, I/O error).
	ErrUnwritable Code = "database unwritable"
	// ErrCanceled: the call ended because its context did, or because it was abandoned.
	ErrCanceled Code = "canceled"
	// ErrClosed: the coordinator is closed or closing.
	ErrClosed Code = "closed"
	// ErrAmbiguousKey: a primary key was found on more than one shard.
	ErrAmbiguousKey Code = "ambiguous key"
	// ErrTxAborted: a transaction can do nothing more but be rolled back, because a statement of it has failed, or because it has
	// ended without a commit; nothing was sent.
	ErrTxAborted Code = "transaction aborted"
	// ErrTxConflict: a transaction was in the way of another one, and took no effect: run the whole of it again. [Conflict] knows
	// the databases' own conflicts, too.
	ErrTxConflict Code = "transaction conflict"
	// ErrPartialCommit: a transaction over several shards is committed on some of them and not on others. errors.As finds
	// coordinator's CommitError, which says where.
	ErrPartialCommit Code = "committed on some shards only"
	// ErrStale: a row was changed or deleted by somebody else since it was read; nothing of it was overwritten.
	ErrStale Code = "stale row"
	// ErrWrongShard: a row would belong to another shard than it is on, because its shard key was changed, or its parent is
	// elsewhere; nothing was sent.
	ErrWrongShard Code = "wrong shard"
	// ErrProtocol: a stream broke its protocol (a gap in the sequence, too many batches). A bug, and never a short result.
	ErrProtocol Code = "protocol violation"
	// ErrPanic: code that troupe called or ran panicked; the error has the value, the log has the stack.
	ErrPanic Code = "panic"
)

// Codes returns every code.
func Codes() []Code {
	return []Code{
		ErrInvalidConfig, ErrInvalidShardID, ErrInvalidRequest, ErrUnknownShard, ErrNoRoute, ErrChooser, ErrRefused,
		ErrOverloaded, ErrPoolExhausted, ErrUnavailable, ErrShardLost, ErrOutcomeUnknown, ErrStatement,
		ErrSchemaMismatch, ErrRowTooLarge, ErrTooLarge, ErrBusy, ErrDamaged, ErrUnwritable, ErrCanceled, ErrClosed, ErrAmbiguousKey,
		ErrTxAborted, ErrTxConflict, ErrPartialCommit, ErrStale, ErrWrongShard, ErrProtocol, ErrPanic,
	}
}
