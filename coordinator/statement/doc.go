// Package statement understands the text of one SQL statement as far as routing needs it: what it compares a table's
// columns with, and whether its answer over several shards is the concatenation of the shards' answers. It runs
// nothing, knows no schema and changes no text.
//
// Everything here errs on one side. A comparison that isn't certain is not reported, or not as a conjunct; a statement
// that isn't provably plain is refused over several shards, with the clause, its place and what to do. Views, triggers
// and user functions that replace built-in ones can't be seen in a text: who puts them on a sharded table vouches for
// them.
//
// SQLite texts are parsed in full. PostgreSQL texts are split into tokens exactly as the server splits them and checked
// against a narrow shape; their comparisons are not read yet.
package statement
