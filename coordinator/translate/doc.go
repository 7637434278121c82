// Package translate rewrites a statement for a shard whose tables have other names in its database than statements use: with a
// prefix, or in a schema of their own ([shardworker.Names]). Only names of tables change, and with a prefix those of indexes and
// constraints: the statement is read, its text is spliced where the names stand, and what comes out is read again and compared. Aliases,
// columns, common table expressions, functions, types, texts and comments stay as they are. It knows no schema, and what it can't
// translate for certain it refuses.
package translate
