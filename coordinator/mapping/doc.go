// Package mapping says how Go structs stand for rows: which table, which columns, what is the key, which rows belong together.
// It reads tags and values, and knows no database and no shard.
package mapping
