// Package sqlite is the SQLite backend of a shard worker: one database file, or one named database in memory, with a lane
// of readers and a lane of one writer. It drives the C library's Go translation (modernc.org/sqlite/lib) directly,
// so that a row's values go from SQLite's memory into a [messages.RowBatch] without a Go value between; it is no
// database/sql driver, knows nothing of shards, and starts no goroutine but the one in which [Backend.Close] closes idle
// connections.
//
// # Types
//
// SQLite types values, not columns, so a column is described by the values that it shows:
//
//	value     declared as                 described as
//	INTEGER   BOOL, BOOLEAN, and 0 or 1   bool
//	INTEGER   NUMERIC, DECIMAL            float8, up to ±2⁵³: SQLite stores 3.0 as 3 there
//	INTEGER   else                        int8
//	REAL                                  float8
//	TEXT      DATE, as "2006-01-02"       date
//	TEXT      TIMESTAMPTZ, TIMESTAMP WITH TIME ZONE, and a time    timestamptz
//	TEXT      DATE, DATETIME, TIMESTAMP, and a time                timestamp, in UTC
//	TEXT      UUID, and a UUID in lower case with hyphens          uuid
//	TEXT      JSON, JSONB, and valid JSON                          json
//	TEXT      else                        text
//	BLOB                                  bytea
//	NULL                                  as the column was before; else as it is declared; else text
//
// A time is any form that SQLite's date functions or a Go driver write, with or without a zone; without one it is UTC.
// Scanned into a time.Time it gives the stored instant, to the microsecond as in PostgreSQL. When a row shows another
// type than the rows before it, it gets another description. Texts are passed on as they are stored, NUL bytes and
// invalid UTF-8 included, which PostgreSQL would refuse.
//
// An expression has no declared type, whatever the columns in it have, so its values are int8, float8, text or bytea:
//
//	select exists(…), a = b, not a     int8: scan into an int64, 1 is true
//	select max(at), coalesce(at, $1)   text: scan into a string, and for a time that this package stored take
//	                                   time.Parse(sqlite.TimeFormat, text); or select at … order by at desc limit 1
//	select sum(n)                      int8 or float8, as the values are: cast(sum(n) as real) is always float8
//	select json_extract(doc, '$.a')    as the value is: text, int8, float8; an object or array is text
//
// A column that is selected through a view, a subquery or RETURNING keeps its declared type if it is only named there.
//
// # Arguments
//
// Parameters are $1, ?1 or ?, and with [pgx.NamedArgs] or [pgx.StrictNamedArgs] as the only argument :name, @name or
// $name. A statement that has ? beside $1 or ?1 is refused: SQLite's way of numbering them isn't PostgreSQL's. pgx's options
// before the arguments, such as [pgx.QueryExecModeExec], are passed over; other values of [pgx.QueryRewriter] are refused.
//
// Arguments are integers, floats (no NaN), booleans (1 and 0), texts, byte strings, times (text in UTC, such as
// "2006-01-02 15:04:05.9+00:00", which sorts as the instants do), 16-byte arrays (text, as a UUID is written, and as
// the types that stand for one write it), [encoding/json.RawMessage] (text), types of these kinds ([time.Duration] is
// its nanoseconds), pointers to them, and anything that is a [database/sql/driver.Valuer]. SQLite has no arrays.
//
// A time is cut to the microsecond before it is stored, as it would be when it is read: so a time that was read finds its
// row with "where at = $1" again, as "where at > $1" doesn't. SQL compares the texts: a row in which something else wrote
// its time in another form is not found that way.
//
// # Statements and transactions
//
// Query and Exec with arguments take one statement. Exec without arguments takes several and runs them in order; each
// commits by itself unless the text begins a transaction. When one fails after a change by those before it was committed,
// the error is [messages.ErrOutcomeUnknown], says which one, and has the statement's own error as its cause.
//
// A statement with RETURNING has made all its changes when its first row comes, but they are durable only once the cursor's
// Close has returned nil. A Close before the last row completes the statement; after an interrupt it is rolled back, and
// Close returns the error. An interrupted change inside a transaction rolls that transaction back, as SQLite has it.
//
// A PRAGMA that sets something, ATTACH, DETACH, and what makes, alters or drops temporary objects hold until the connection
// is released; then it is closed, and the next user gets a new one. What every connection needs is in [Config], and else in
// [Config.OnConnect].
//
// A double-quoted word is always a name here. SQLite would take one that names no column for a text, and so answer a
// misspelt query wrongly.
//
// # Group commit
//
// A file has one writer, and a commit waits for the disk. So while one write is on its way others queue, and when it is done those that
// wait are run in one transaction and share its commit. Only single INSERT, REPLACE, UPDATE and DELETE statements that would commit by
// themselves are, and only such as were quick before ([Backend.Company]); statements of transactions, scripts, DDL, PRAGMAs and copies
// never are. Nobody is answered before the commit has returned. What a caller sees is what it would see if its statement had been alone:
//
//   - A statement that fails is undone alone, with its own error, and OR FAIL keeps what it keeps alone.
//   - Where SQLite undoes the whole transaction (a conflict with ROLLBACK, RAISE(ROLLBACK), an interrupt in mid-write, a full disk), or
//     lets nothing be committed (damage), the others run again, and the one that did it runs alone.
//   - A statement that leaves deferred foreign keys violated is undone and runs alone, where it fails as it would have: no other
//     statement repairs what it left, even if it comes right after it.
//   - A commit that fails for want of space or the like has done nothing, and each statement runs alone. Where the journal is no WAL, and where another
//     connection's lock is in the way, it is every statement's failure.
//   - A caller whose context ends before its turn has had no effect. In mid-statement it is interrupted, and the others run again.
//
// What differs can be seen from inside the database only: several callers' rows become visible, and durable, at the same moment, and a trigger that
// asks for changes(), total_changes() or last_insert_rowid() of the time before its statement gets the numbers of other callers' statements, as it does
// without group commit, where the next user of the connection is another caller too. [Config.NoGroupCommit] gives each write its own transaction.
//
// Reads that wait for a reader at the same time share a read transaction in the same way: each sees what was committed before it was asked for.
//
// # Waiting for locks
//
// Where another connection or process holds the database, a statement waits until its context ends, and then fails with
// [messages.ErrBusy]. Without a deadline it waits for [Config.BusyTimeout]. It doesn't wait where waiting can't
// help: when a transaction that has read wants to write, but another wrote in between. Begin such ones with BEGIN IMMEDIATE.
// In a file with the WAL journal readers and the writer don't wait for each other. In a database in memory they do: an open
// cursor holds up a commit, and an open writing transaction holds up the readers. A PRAGMA busy_timeout changes none of this.
//
// # Interrupts
//
// The end of a context, [shardworker.Conn]'s Interrupt and [Backend.Close] end a wait for a lock at once, and a statement
// between two of SQLite's instructions, which is mostly within a millisecond. They don't end one instruction: a function
// on long texts, such as instr or replace on hundreds of kilobytes, runs on for as long as seconds, and a call
// of the operating system until it returns. [Config.MaxRowBytes] bounds the length of texts, and so that time.
package sqlite
