// Package migrations runs versioned migrations on the shards of a troupe, with goose v3 (github.com/pressly/goose): its files, its
// annotations, its version table on each shard. See [Migrate].
//
// It is a module of its own, so that who doesn't need goose doesn't get what it depends on.
package migrations
