// Package schema changes and compares the schemas of a troupe's shards: [Apply] runs a text of DDL on all of them, [OnEach] anything
// else, and [Drift] says where their tables differ. Each shard is worked on by itself: what fails on one stops no other, and the report
// says what became of each, so that the rest can be done later.
//
// It keeps no versions: migrations do, in the module github.com/troupedb/troupe/migrations, which is one of its own because of what it
// depends on. No shard waits for another either: for a while there are shards with the new schema and shards with the old one, and what is
// asked of all of them in that while must fit both.
package schema
