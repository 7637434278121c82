// Package sqldb shows one shard of a troupe as a [database/sql.DB], for tools that want one: migrations, generated code. Everything goes
// through the troupe, pinned to the shard: admission, translation of names, deadlines and errors are its own, and it has no connections
// beside the troupe's. It reaches one shard and never several.
//
// A connection of it is none of the database but within a transaction: outside, each statement goes to whichever connection of the shard is
// free. So nothing stays with a [database/sql.Conn]: no SET, no temporary table, no advisory lock of a session, no BEGIN as text. The
// placeholders are the database's own: $1 in PostgreSQL, ? in SQLite.
package sqldb
