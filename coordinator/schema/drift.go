package schema

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// DriftOptions says what is compared.
type DriftOptions struct {
	// Tables are the names of the tables to compare, as statements write them: without a shard's prefix or schema. One that is on no
	// shard is a difference. Defaults to every table but goose's own, goose_db_version.
	Tables []string
	// Except are the names of tables to leave out, such as one that is meant to be on a single shard. Defaults to none.
	Except []string
	// Shards are those to compare. Defaults to all.
	Shards []messages.ShardID
}

// versionTable is goose's: its columns are goose's business, and differ between the dialects.
const versionTable = "goose_db_version"

// Drift compares the tables of the shards, by what their catalogues say: which tables and columns there are, in which order, types with
// their collations and an enum's labels, whether NULL is allowed, defaults, identities, generation expressions, primary keys, and
// indexes with unique and exclusion constraints by what they are on, whatever their names; and whether a table is partitioned, foreign,
// unlogged, virtual, STRICT, WITHOUT ROWID or AUTOINCREMENT, and what SQLite does ON CONFLICT with its constraints. Shards of one
// dialect are compared in all of this exactly. Between dialects types are compared by what troupe reads them as (integer, text, timestamp, …),
// primary keys by their columns, indexes only if they are on plain columns, and the rest but NULL not at all.
//
// Not compared are foreign keys, checks, other constraints, views, triggers, functions, sequences and how identities count, rights,
// comments and data; how tables are stored (tablespaces, table options, clustering, statistics, compression of columns); what
// partitioned, foreign, inheriting and virtual tables are so by; what domains, composite and range types consist of, and what
// collations do beyond their names; the databases' own settings, such as encoding and default collation; tables that a name without
// a schema doesn't find, and partitions. Whether a unique index is a constraint makes no difference.
//
// It changes nothing and asks each shard once, in parallel, over a connection of the shard's own backend and under ctx. If a shard
// doesn't answer there is no result: the error names each that didn't. Unless the shards are changed meanwhile, nothing found means
// that in what is compared there is nothing to find.
func Drift(ctx context.Context, t *coordinator.Troupe, o DriftOptions) (*Differences, error) {
	p, err := Options{Shards: o.Shards}.plan(coordinator.WithTx(ctx, nil), t, opDrift)
	if err != nil {
		return nil, err
	}
	found := make([]*catalogue, len(p.shards))
	errs := make([]error, len(p.shards))
	var wg sync.WaitGroup
	for i, id := range p.shards {
		wg.Go(func() {
			var err error
			if found[i], err = readCatalogue(ctx, t, id); err != nil {
				errs[i] = messages.OnShard(err, id, opDrift, messages.ErrStatement)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return compare(found, o.Tables, o.Except), nil
}

const opDrift = "drift"

// catalogue is what one shard's database says of its tables.
type catalogue struct {
	shard   messages.ShardID
	dialect messages.Dialect
	tables  map[string]*table // by name, without prefix or schema
}

// table is what is compared of one.
type table struct {
	name    string
	options string
	columns []*column // in their order
	key     []string  // the primary key's columns
	keyForm string    // all that the dialect says of the primary key; empty if there is none
	indexes []index
}

type column struct {
	name    string
	exact   string // the type as the dialect writes it
	class   string // what troupe reads it as
	notNull bool
	value   string // the default, identity or generation expression; empty without one
}

// index is one by what it is on.
type index struct {
	exact string
	plain string // the same in a form that all dialects share; empty if there is none
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// folded is how a name of SQLite is compared: there its case makes no difference.
func folded(name string) string { return strings.ToLower(name) }
