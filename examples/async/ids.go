package main

import (
	"context"
	"errors"
	"sync"

	"github.com/troupedb/troupe/coordinator"
)

// Locations need keys that are unique over all databases. This is the seed's simple way: a table with one number, on
// one shard. UUIDs, or blocks of numbers fetched at once, would do as well and without the round trip.

func (e *example) createIDs(ctx context.Context) error {
	ctx = coordinator.OnShard(ctx, northAmerica)
	for _, sql := range []string{
		`drop table if exists ids`,
		`create table ids (nextid bigint not null)`,
		`insert into ids (nextid) values (1)`,
	} {
		if _, err := e.troupe.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// nextID takes an id. It reads and counts up in one statement, so that nobody comes between: both engines let other
// writers of the row wait until it is done.
func (e *example) nextID(ctx context.Context) (id int64, err error) {
	err = e.troupe.QueryRow(coordinator.OnShard(ctx, northAmerica),
		`update ids set nextid = nextid + 1 returning nextid - 1`).Scan(&id)
	return id, err
}

// raceForIDs lets a hundred writers take an id each, all at once.
func (e *example) raceForIDs(ctx context.Context) error {
	const writers = 100
	var (
		wg   sync.WaitGroup
		ids  [writers]int64
		errs [writers]error
	)
	for i := range writers {
		wg.Go(func() { ids[i], errs[i] = e.nextID(ctx) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	distinct := map[int64]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	check(e, "different ids that 100 concurrent writers took", len(distinct), writers)
	return nil
}
