// Package actors is troupe's kit on protoactor-go, and the only package that imports it: actors that may run on their
// sender's goroutine, goroutines that are used again, promises and futures, the credited stream, and the death watch.
// It knows the messages of a stream, and nothing of SQL, shards or databases.
//
// What it replaces of protoactor and why is written in docs/decisions/0002-actor-kit.md.
package actors
