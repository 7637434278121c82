// Package postgresql reads PostgreSQL's SQL into the neutral tree: all of SELECT, VALUES, TABLE, INSERT, UPDATE and DELETE
// with their WITH clauses, as PostgreSQL 15 to 17 understand them. Every other statement is only classified by its leading
// words. What the package leaves out is what names mean: it knows no schema.
//
// It goes by hand along the server's own grammar: an expression by climbing precedences, everything else by recursive
// descent, without ever going back, so that the time is linear in the length of the text. The stack is bounded by
// [tree.MaxDepth].
//
// It takes more than the server does in places, where the server will say what is wrong: it must not take another meaning.
// standard_conforming_strings is taken to be on, as it is by default since PostgreSQL 9.1: a backslash in '…' is just that.
package postgresql
