// Package ids makes the primary keys of new rows, so that a row's key is known before the row is written, and is unique over all
// shards: numbers from a table in one of them, UUIDs, or whatever the application has. It writes no rows.
package ids
