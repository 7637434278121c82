// Package merge gathers the rows of several shards into the answer that one database would have given: in order, without
// duplicates, grouped, cut. It knows no SQL text and sends nothing: a [Spec] says what to do, a [Feed] brings the batches.
//
// Everything runs in the reader's Next. An ordered merge holds one batch of each shard; what has to hold a set (DISTINCT,
// groups) has a budget in bytes and fails with a typed error beyond it. A value whose type can't be compared exactly as the
// database would is a typed error too, never a guess.
package merge
