// Package messages holds the nouns of troupe: what an application sends to the coordinator, what the coordinator and
// the shard workers send to each other, and the errors that come back. It does no I/O, starts no goroutine and knows no
// actor framework; it imports the standard library and pgx's types only.
//
// # The protocol
//
//	app ── Query, Exec, Get ──▶ coordinator ── Execute ──▶ shard worker ── RowBatch*, End ──▶ stream ──▶ Rows
//	                                                        ▲                                   │
//	                                                        └────────── Credit, Flush, Cancel ──┘
//
// Every message is a pointer to a struct that nobody changes once it was sent; [RowBatch] is the one exception, because
// its bytes are recycled: see its comment for who owns it when. The set is sealed: [Message] has an unexported method.
package messages
