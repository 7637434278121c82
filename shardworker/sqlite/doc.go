// Package sqlite is the SQLite backend of a shard worker: one database file, or one named database in memory, with a lane
// of readers and a lane of one writer. It drives the C library's Go translation (modernc.org/sqlite/lib) directly,
// so that a row's values go from SQLite's memory into a [messages.RowBatch] without a Go value between; it is no
// database/sql driver, knows nothing of shards, and starts no goroutine.
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
//	TEXT      else                        text
//	BLOB                                  bytea
//	NULL                                  as the column was before; else as it is declared; else text
//
// A time is any form that SQLite's date functions or a Go driver write, with or without a zone; without one it is UTC.
// Scanned into a time.Time it gives the stored instant, to the microsecond as in PostgreSQL. When a row shows another
// type than the rows before it, it gets another description. Texts are passed on as they are stored, NUL bytes and
// invalid UTF-8 included, which PostgreSQL would refuse.
//
// # Arguments
//
// Parameters are $1, ?1 or ?, and with [pgx.NamedArgs] or [pgx.StrictNamedArgs] as the only argument :name, @name or
// $name. Arguments are integers, floats (no NaN), booleans (1 and 0), texts, byte strings, times (text in UTC, such as
// "2006-01-02 15:04:05.9+00:00", which sorts as the instants do), 16-byte arrays (text, as a UUID is written, and as
// the types that stand for one write it), [encoding/json.RawMessage] (text), types of these kinds ([time.Duration] is
// its nanoseconds), pointers to them, and anything that is a [database/sql/driver.Valuer]. SQLite has no arrays.
//
// # Statements and transactions
//
// Query and Exec with arguments take one statement. Exec without arguments takes several and runs them in order; each
// commits by itself unless the text begins a transaction. A statement with RETURNING has made all its changes when its
// first row comes, but they are durable only once the cursor's Close has returned nil. A Close before the last row
// completes the statement; after an interrupt it is rolled back, and Close returns the error. An interrupted change inside
// a transaction rolls that transaction back, as SQLite has it.
//
// A double-quoted word is always a name here. SQLite would take one that names no column for a text, and so answer a
// misspelt query wrongly.
//
// # Waiting for locks
//
// Where another connection or process holds the database, a statement waits until its context ends, and then fails with
// [messages.ErrBusy]. Without a deadline it waits for [Config.BusyTimeout]. It doesn't wait where waiting can't
// help: when a transaction that has read wants to write, but another wrote in between. Begin such ones with BEGIN IMMEDIATE.
// In a file with the WAL journal readers and the writer don't wait for each other. In a database in memory they do: an open
// cursor holds up a commit, and an open writing transaction holds up the readers.
package sqlite
