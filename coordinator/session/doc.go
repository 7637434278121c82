// Package session is a small unit of work over the shards of a troupe: objects that are added, changed and deleted are written by
// Flush in one transaction over all shards that they live on, each row on its own, and within a session each row is one object.
//
// It is no ORM: it writes no queries, loads nothing by itself, and sends nothing before it is told to. See docs/session.md.
package session
