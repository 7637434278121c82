// Package sqlite reads SQLite's SQL into the neutral tree of package tree. The grammar is that of
// github.com/sqlc-dev/meyer, which follows SQLite's own rule by rule; this package adds bounds, exact spans, and the checks
// that SQLite makes while it parses and meyer leaves out.
//
// What is particular to SQLite in the tree:
//
//   - All names are in lower case (of ASCII), and a name in single quotes where SQLite allows one has Quoted as well.
//   - TRUE and FALSE are names to SQLite's grammar, and constants only if no column is called so. They are a [tree.Column]
//     whose name isn't quoted, and X IS TRUE is an IsDistinct from that column.
//   - A hexadecimal literal is the int64 of its bits, so 0xffffffffffffffff is -1. A [tree.Number] has no digit separators.
//     -9223372036854775808 is a minus before a Number, though SQLite makes an integer of it.
//   - A FROM whose items are separated by nothing but commas is a list. If it has one other join, or a comma with ON or
//     USING, it is one tree of joins, deepest on the left. CROSS JOIN and comma are Cross without a condition and Inner with
//     one. Parentheses around items vanish, but those around a join are in its Span.
//   - A table-valued function may as well be a virtual table of the schema, for instance one of FTS5, which takes its hidden
//     columns as arguments. It is a [tree.TableFunction] and not in the census' tables. X IN f(…) is [tree.Opaque].
//   - A join in parentheses with an alias can be referred to by the alias and by the names of its items.
//   - INSERT … VALUES has its rows in the InsertStmt, and isn't counted as a block; with a WITH before VALUES, or a UNION
//     after it, it is a Query.
//
// What SQLite takes and Parse doesn't, with Unsupported set: more than 2¹⁸ tokens; NOT before NOT NULL without parentheses,
// which meyer understands otherwise than SQLite; an alias of a single item in parentheses where SQLite forgets it; and the
// parameters below.
//
// # Parameters
//
// An Ordinal is the number that SQLite assigns, so that in "?, ?5, ?" it is 1, 5 and 6, and a name has one number however
// often it is there. But like the executor this package takes a name of digits for the argument's number: $2, :2 and @2 are
// the second argument wherever they stand, to SQLite they are just names. Where such a one stands beside an anonymous "?",
// two meanings of one number would meet; the executor doesn't run that, and Parse doesn't read it.
package sqlite
