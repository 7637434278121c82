package migrations

import (
	"cmp"
	"io/fs"
	"strings"

	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/messages"
)

// Options says which shards are migrated, where to, and how. The zero value brings all of them to the newest version.
type Options struct {
	// Shards are those to migrate, each once. An empty list that isn't nil is none. Defaults to all.
	Shards []messages.ShardID
	// Canary is the shard that goes first: if it isn't done, no other is touched. It is ignored where it isn't one of Shards.
	// Defaults to none.
	Canary messages.ShardID
	// Parallel is how many shards are migrated at once. Defaults to all.
	Parallel int
	// To is the version to go to: the number of a file, or Zero, to which only Down goes. Defaults to the newest; with Down it has no
	// default.
	To int64
	// Down undoes what is newer than To, newest first, where else what is missing up to To is applied. Defaults to false.
	Down bool
	// AllowMissing applies files that are older than a shard's version, where else they are an error. Defaults to false.
	AllowMissing bool
	// Files are those for the shards of a dialect, instead of what Migrate is given; their versions must be the same. Defaults to none.
	Files map[messages.Dialect]fs.FS
	// Table is the name of the version table; shards that have Names have their own prefix or schema for it. It has ASCII letters,
	// digits and underscores. Defaults to goose_db_version.
	Table string
}

// Zero is the version before the first one.
const Zero = -1

const defaultTable = "goose_db_version"

const op = "migrate"

func (o Options) withDefaults() (Options, error) {
	o.Table = cmp.Or(o.Table, defaultTable)
	letters := strings.Trim(strings.ToLower(o.Table), "abcdefghijklmnopqrstuvwxyz0123456789_")
	switch {
	case letters != "" || o.Table[0] >= '0' && o.Table[0] <= '9':
		return o, invalid("Table is no plain name", nil)
	case o.Down && o.To == 0:
		return o, invalid("Down needs a version to go to: To", nil)
	case !o.Down && o.To == Zero:
		return o, invalid("only Down goes to version Zero", nil)
	case o.To < Zero:
		return o, invalid("To is negative", nil)
	}
	return o, nil
}

func (o Options) shards() schema.Options {
	return schema.Options{Shards: o.Shards, Canary: o.Canary, Parallel: o.Parallel}
}

func invalid(detail string, cause error) *messages.Error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: op, Detail: detail, Err: cause}
}
