// Package oracletest judges a troupe by one database. It makes random schemas, rows and statements, runs each statement on
// one database that has all rows and on troupes over 1, 2, 3 and 7 shards, and compares the answers: what the troupe
// doesn't refuse must be what the one database says. It knows the coordinator's public interface only.
//
// Everything follows from a seed: the schemas, and each statement by its number alone, so that a mismatch can be run again
// by itself. Three forms:
//
//	go test ./coordinator/oracletest                                                          what CI runs
//	TROUPE_LONG=1 go test ./coordinator/oracletest -run Agree -timeout 3h -seed 7            500,000 statements
//	go test ./coordinator/oracletest -run Agree/SQLite -seed 7 -statement 1234 -v            one statement again
//
// # What counts as equal
//
// The columns' names, number and types, and the rows: in order where ORDER BY says it, within ties in any order, and under
// LIMIT any choice that the ties leave open, which a companion statement without LIMIT and with the order keys as columns
// tells. Floats are equal to 12 digits, or to 14 of the largest number in the tables where whole numbers are added as floats,
// because the order of additions is open; numerics are equal as decimals (another display scale is counted apart), all else byte
// by byte. A type of a database's own, such as an enum, has another OID in each, so that one counts as another. SQLite describes
// values rather than columns, so there each value's type is compared. Where the one database fails, the troupe must fail with the same class of SQLSTATE, or with the same primary code in SQLite.
//
// Left out, because one database's own answer is open there: overflow and division by zero that some rows cause only,
// aggregates whose order nothing says, bare columns beside aggregates, an UPDATE from several rows.
//
// # What else is checked
//
// A refusal has one of the fixed reasons, and a troupe over one shard never refuses. Where a SELECT ran on some shards only,
// the same text returns nothing on the others, pinned there: a row would be one that narrowing loses. After a write
// the shards' tables together are the one database's, each row is on the shard that the route says, by a computation of
// its own, and a reference table is the same on every shard.
package oracletest
