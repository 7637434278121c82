// Package grammar checks our parser of PostgreSQL's statements against the real grammar of PostgreSQL 17, which is compiled
// to WebAssembly in github.com/wasilibs/go-pgquery. It holds tests only, and is a module of its own, so that what it needs
// for them is no dependency of ours.
//
// The statements are those of PostgreSQL's own regression suite, a JSON list of strings that lies beside this repository, in
// ../shared/corpora; without it these tests skip. A normal run takes a part of it for what is slow, TROUPE_LONG=1 takes all.
//
// What is checked of a statement that both read:
//
//   - rendered with parentheses around every part that our tree has, the real grammar reads the same as without (render)
//   - the names, constants, operators, calls, joins and clauses of our tree are those of the real tree (facts)
//   - with other table names spliced in, the real grammar reads the real tree with other table names (splice)
package grammar
