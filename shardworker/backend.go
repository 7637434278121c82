// Package shardworker holds the actor that owns one shard: its connections, who may use them, and the jobs that run on
// them. What differs between databases is behind [Backend], which lives in the packages postgres, sqlite and fake. It
// chooses no shards and merges no rows: that is the coordinator's.
package shardworker

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// Backend is one shard's database. Its methods are safe for concurrent use. Errors are *messages.Error with a code and,
// where there is one, the database's own error as cause; the worker adds the shard. No error shows a password.
//
// The package backendtest has the conformance suite that every backend passes.
type Backend interface {
	// Dialect returns the SQL that the database understands.
	Dialect() messages.Dialect
	// Lanes returns how many connections there are of each kind, at least one of each. Connections of one lane are
	// interchangeable, and a busy lane doesn't hold up another: SQLite has one lane for its writer and one for its
	// readers. The answer never changes. A worker never holds more of a lane at once; several
	// that share the Backend may ask for more, and wait within Acquire.
	Lanes() []int
	// Lane returns the lane that sql needs, in well under a microsecond per hundred bytes of text, without I/O.
	Lane(sql string, wantRows bool) int
	// Prompt reports whether Acquire and the methods of connections and cursors return soon after their context ended
	// or Interrupt was called. Only then may a caller's own goroutine run a job.
	Prompt() bool
	// Acquire returns a connection of lane for one job's use. It fails with [messages.ErrUnavailable] where the
	// database can't be reached, with what is wrong where it can't be opened ([messages.ErrDamaged], [messages.ErrBusy],
	// [messages.ErrStatement] of its set-up), and otherwise only when ctx ends or the backend is closed.
	Acquire(ctx context.Context, lane int) (Conn, error)
	// Close interrupts what is running, closes all connections and waits for them, until ctx ends. A second Close
	// does nothing.
	Close(ctx context.Context) error
}

// Conn is a connection that one job uses. Only Interrupt may be called from another goroutine.
type Conn interface {
	// Query sends a statement that returns rows. ctx bounds it until the cursor is closed. The conn may run nothing
	// else until then. An error means that there is no cursor to close.
	Query(ctx context.Context, sql string, args []any) (Cursor, error)
	// Exec runs a statement for its effect. Without args, sql may hold several statements.
	Exec(ctx context.Context, sql string, args []any) (pgconn.CommandTag, error)
	// Interrupt makes what runs on the connection, and whatever comes after, fail soon. It doesn't block.
	Interrupt()
	// Release gives the connection back, or closes it if it is not as clean as a new one: interrupted, in a
	// transaction, with an open cursor. It doesn't wait for the network.
	Release()
}

// TxConn is a Conn that can tell whether it is in a transaction.
type TxConn interface {
	Conn
	// TxStatus returns 'I' where no transaction is open, 'T' where one is, and 'E' where one is that failed, so that it can
	// only be rolled back; SQLite knows no 'E'. It does no I/O: of a connection that was lost it is what the database said last.
	// REQUIRES: no cursor is open, and the calling goroutine is the one that uses the conn.
	TxStatus() byte
}

// Copier is a Conn that inserts rows in bulk.
type Copier interface {
	Conn
	// CopyFrom inserts the rows of src into table, whose columns are named, and returns how many there were. It is all or
	// nothing: in the transaction that is open, which goes on after an error where the database lets it (see TxStatus), or else in
	// one of its own. A table is a name, or a schema and a name; names are taken as they are, whatever is in them.
	//
	// The methods of src are called on any goroutine, one at a time, and none after CopyFrom has returned; a row's values are
	// copied before the next row is asked for. Whoever makes src sees to it that it doesn't block for long after ctx has ended
	// or Interrupt was called: CopyFrom waits for it.
	//
	// An error of src is the cause of an [messages.ErrInvalidRequest], a panic of it is [messages.ErrPanic]; no error shows a
	// value. [messages.ErrOutcomeUnknown] is returned only where all rows were sent already.
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error)
}

// Cursor is the read position in the rows of one statement.
type Cursor interface {
	// Buffered reports whether Next would answer without waiting for anything but this process's own work.
	Buffered() bool
	// Next moves to the next row. False means the end or an error: Close tells which.
	Next() bool
	// Declared describes the columns as the statement declares them, so that shards can be compared: what rows and data
	// there are makes no difference. It never changes. A column whose type nothing declares has pgtype.UnknownOID.
	Declared() *messages.Description
	// Description describes the columns of the current row, and before the first Next those of the first row or what
	// is declared. It returns the same pointer until a row needs another description, which only SQLite's rows ever do.
	// On PostgreSQL it is Declared.
	Description() *messages.Description
	// Append copies the current row to b, which was made for the current Description, and ends the row there.
	Append(b *messages.RowBatch)
	// Close ends the statement. If rows are left unread, the connection is spent rather than drained. It returns
	// the statement's tag, or the error that ended it. A second Close returns the same.
	Close() (pgconn.CommandTag, error)
}

// Filler is a Cursor whose rows all have one Description and that can append many at once, which saves the calls for each.
type Filler interface {
	Cursor
	// Fill moves to the next row and appends it to b, again and again, as long as rows are Buffered and b has fewer
	// than limit bytes. It returns false at the end or an error, as Next does.
	Fill(b *messages.RowBatch, limit int) bool
}

// Located is a Backend that can tell where its database is, so that one database isn't taken for two shards.
type Located interface {
	// Location returns a text that is equal for two backends of one database as far as can be told without asking it;
	// "" if nothing can be told, or if the database is this backend's alone. It holds no password.
	Location() string
}
