// Package peertest holds the library to what other shard executors get wrong: predicates that lose rows when shards are
// pruned by them, clauses that are answered once by each shard, and the constructs of SQL that a statement may hide a
// second table in. It has tests only, in tables: a statement, the rows that one database would have given or the code of the
// refusal, and the shards that it may touch.
//
// What is expected is never troupe's own word. Rows are written down, or computed from the tests' data in Go, and each
// statement is put to a single database with all rows too, which has to agree; where keys live is computed here.
//
// Savepoints, a session's loads and relationships across shards are in coordinator/conformance and coordinator/txtest, the versions of
// schemas in the module migrations. What a hint or a directive in a comment does elsewhere, a pin does here.
package peertest
