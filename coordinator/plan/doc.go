// Package plan says how a statement runs over several shards: what text each of them is sent, with which of the arguments,
// and how their answers become the one that a single database would have given. What can't be answered exactly is refused.
//
// A [Plan] depends on the text, the dialect and the declared tables only, not on arguments or shards, so a [Cache] keeps it.
// A text is changed by splicing at the places that the tree gives. What came out is parsed again and compared with the tree that
// it should have; if they differ the statement is refused.
//
// # Hidden columns
//
// What the merge needs beyond the statement's own columns is asked for in trailing columns, whose names begin with "troupe_":
// sort keys that aren't in the list, and in SQLite what is stored where a time is shown: see [Times]. merge.Spec.Hidden says how many they are.
//
// # Parameters
//
// A parameter that is no longer in the text would be an error in PostgreSQL, so there parameters are numbered anew, densely. SQLite
// calls a column by its text, parameters and all, so there they stay as they are written. Either way [Arg] says which
// arguments a text has; where nothing changes, text and arguments stay as they were given.
//
// pgx takes named arguments for PostgreSQL and rewrites the text: [Positional] does it beforehand, so that what is planned is
// what is run.
package plan
