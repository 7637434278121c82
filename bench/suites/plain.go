package suites

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker"
)

// plain is a database through its plain driver: pgx, or database/sql on modernc's driver.
type plain interface {
	// fetchAll returns all rows of a query.
	fetchAll(ctx context.Context, sql string) ([][]any, error)
	// transact commits what f executes in a transaction.
	transact(ctx context.Context, f func(exec execFunc) error) error
	// load inserts names and descriptions by the driver's means for many rows, in one transaction.
	load(ctx context.Context, rows [][]any) error
	close() error
}

type execFunc func(sql string, args ...any) error

// connect makes one connection to the database, and nothing else.
func connect(ctx context.Context, dsn shardworker.DSN) (plain, error) {
	if strings.HasPrefix(string(dsn), "sqlite:") {
		return openFile(dsn)
	}
	return connectServer(ctx, dsn)
}

// plains are all shards' databases, and know which has a row.
type plains struct {
	dbs     []plain
	byShard []int // of each bucket
}

// keepPlains opens the databases for a suite that has none yet. The suite's end closes and forgets them.
func keepPlains(ctx context.Context, s *profile.Stage, kept **plains) error {
	if *kept != nil {
		return nil
	}
	p, err := openPlains(ctx, s)
	if err != nil {
		return err
	}
	*kept = p
	s.Defer(func() error {
		*kept = nil
		return nil
	})
	return nil
}

// openPlains opens a pool of each shard, and a connection in it. The suite's end closes them.
func openPlains(ctx context.Context, s *profile.Stage) (*plains, error) {
	p := newPlains(s)
	for _, shard := range s.Shards {
		var db plain
		var err error
		if strings.HasPrefix(string(shard.DSN), "sqlite:") {
			db, err = openFile(shard.DSN)
		} else {
			db, err = openPool(ctx, shard.DSN)
		}
		if err != nil {
			return nil, err
		}
		s.Defer(db.close)
		if _, err := db.fetchAll(ctx, "select 1"); err != nil {
			return nil, err
		}
		p.dbs = append(p.dbs, db)
	}
	return p, nil
}

func newPlains(s *profile.Stage) *plains {
	ids := s.IDs()
	p := &plains{}
	for _, id := range buckets(s) {
		p.byShard = append(p.byShard, slices.Index(ids, id))
	}
	return p
}

// shardOf returns the number of the shard where a row with this name, or id, lives: what a program that has no troupe computes by itself.
func (p *plains) shardOf(key any) (int, error) {
	t := coordinator.Integer
	if _, isText := key.(string); isText {
		t = coordinator.Text
	}
	bucket, err := coordinator.Bucket(bucketCount, []coordinator.KeyType{t}, key)
	if err != nil {
		return 0, err
	}
	return p.byShard[bucket], nil
}

// atOnce calls f for every database, all at once, and returns the first error.
func (p *plains) atOnce(f func(i int, db plain) error) error {
	var wg sync.WaitGroup
	errs := make([]error, len(p.dbs))
	for i, db := range p.dbs {
		wg.Go(func() { errs[i] = f(i, db) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
