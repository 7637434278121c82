// Package txtest tests transactions over several shards against real PostgreSQL databases and SQLite files: with every
// step of a commit killed, cut off, cancelled and timed out, against pgx's own transactions, against models of savepoints
// and of a unit of work, and with pools of a single connection. What an error says is held against what the tables hold.
// It has tests only, and those of single packages stay beside them.
//
//	TROUPE_LONG=1 go test ./coordinator/txtest        many more random sequences
package txtest
