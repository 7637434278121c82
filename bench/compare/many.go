package compare

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"time"

	"github.com/troupedb/troupe/bench/compare/load"
	"github.com/troupedb/troupe/bench/compare/sqlpeer"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// manyCustomers is how many each of many shards has: a file of 24 KiB.
const manyCustomers = 100

// memoryRounds is how often memory is looked at: it hardly differs.
const memoryRounds = 3

func manyShards(sizes sizes) []experiment {
	return []experiment{
		{
			about: results.Experiment{
				Name: "sqlite-scatter", Unit: "shards",
				Title: fmt.Sprintf("SQLite, count(*) over %d open files: a worker for each core takes the next one, or troupe", sizes.open),
				Goals: []results.Goal{{Variant: troupeName, Baseline: plainName + bestEnding, Figure: results.Rate, Must: 2, Aim: 2.5}},
			},
			best: plainName,
			open: openManyScatter,
		},
		{
			about: results.Experiment{
				Name: "sqlite-open-shards", Unit: "shards",
				Title: fmt.Sprintf("SQLite, %d files, each asked once: resident memory at rest, in a process of its own", sizes.open),
				Goals: []results.Goal{{Variant: troupeName, Figure: results.MemoryEach, Must: 200 << 10, Aim: 150 << 10}},
			},
			rounds: memoryRounds,
			open: func(_ context.Context, s *stage) ([]contender, error) {
				return openManyMemory(s, s.sizes.open, openShards, openPlain)
			},
		},
		{
			about: results.Experiment{
				Name: "sqlite-idle-shards", Unit: "shards",
				Title: fmt.Sprintf("SQLite, a troupe of %d files, none asked: resident memory, in a process of its own", sizes.idle),
				Goals: []results.Goal{{Variant: troupeName, Figure: results.MemoryEach, Must: 4 << 10, Aim: 3 << 9}},
			},
			rounds: memoryRounds,
			open: func(_ context.Context, s *stage) ([]contender, error) {
				return openManyMemory(s, s.sizes.idle, idleShards)
			},
		},
		{
			about: results.Experiment{
				Name: "sqlite-cold-query", Unit: "calls",
				Title: fmt.Sprintf("SQLite, %d of %d files asked in turn, of which %d may be open: close one, open one, select a row; database/sql opens and closes for each",
					sizes.cold, sizes.idle, sizes.coldOpen),
				Goals: []results.Goal{{Variant: troupeName, Figure: results.Own, Must: 0.8e-3, Aim: 0.4e-3}},
			},
			open: openColdQueries,
		},
	}
}

// descriptors is a skipped if a process may not have so many files open.
func descriptors(needed int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("getrlimit: %w", err)
	}
	if uint64(limit.Cur) < uint64(needed) {
		return skipped(fmt.Sprintf("it needs %d open files, and the limit is %d", needed, limit.Cur))
	}
	return nil
}

// filesEach is how many a connection in WAL has open; reserve is what the process needs beside.
const (
	filesEach = 3
	reserve   = 200
)

func openManyScatter(ctx context.Context, s *stage) (all []contender, err error) {
	if err := descriptors(3*filesEach*s.sizes.open + reserve); err != nil {
		return nil, err
	}
	paths, err := s.sqliteCustomers(s.sizes.open, manyCustomers)
	if err != nil {
		return nil, err
	}
	peer, err := sqlpeer.Open(sqlpeer.Spec{Driver: "sqlite", Sources: sources(paths, moderncSource), Conns: 1, Customers: manyCustomers})
	if err != nil {
		return nil, err
	}
	s.onReset(peer.Close)
	counts := []int{1}
	if cores := runtime.GOMAXPROCS(0); cores > 1 {
		counts = append(counts, cores)
	}
	for _, workers := range counts {
		all = append(all, contender{fmt.Sprintf("%s-%d", plainName, workers), func(d time.Duration) (results.Round, error) { return peer.Count(workers, d) }})
	}
	t, err := s.spawn(ctx, sqliteShards(paths))
	crew := new(load.Crew)
	return append(all, contender{troupeName, func(d time.Duration) (results.Round, error) {
		r, err := crew.Run(1, d, func(int) error { return countAll(t, len(paths)) })
		r.Count *= len(paths) // the units are shards
		return r, err
	}}), err
}

// countAll counts what all shards have.
func countAll(t *coordinator.Troupe, shards int) error {
	var n int
	if err := t.QueryRow(coordinator.AllShards(context.Background()), sqlpeer.CountCustomers).Scan(&n); err != nil {
		return err
	}
	return checkCount(n, shards*manyCustomers)
}

// openManyMemory measures the memory of variants with n files, and one more that their processes begin with.
func openManyMemory(s *stage, n int, variants ...memoryWork) (all []contender, err error) {
	if err := descriptors(filesEach*s.sizes.open + reserve); err != nil {
		return nil, err
	}
	paths, err := s.sqliteCustomers(n+1, manyCustomers)
	if err != nil {
		return nil, err
	}
	for _, work := range variants {
		name := troupeName
		if work == openPlain {
			name = plainName
		}
		all = append(all, contender{name, func(time.Duration) (results.Round, error) {
			return s.measureMemory(memoryRequest{Work: work, Paths: paths, Customers: manyCustomers})
		}})
	}
	return all, nil
}

func openColdQueries(ctx context.Context, s *stage) ([]contender, error) {
	if err := descriptors(filesEach*s.sizes.coldOpen + reserve); err != nil {
		return nil, err
	}
	paths, err := s.sqliteCustomers(s.sizes.idle, manyCustomers)
	if err != nil {
		return nil, err
	}
	theirs, err := s.sqliteCustomers(s.sizes.cold, manyCustomers)
	if err != nil {
		return nil, err
	}
	limit := sqlite.NewOpenLimit(s.sizes.coldOpen)
	var cfg coordinator.Config
	for i, path := range paths {
		backend, err := sqlite.New(sqlite.Config{Path: path, Open: limit})
		if err != nil {
			return nil, err
		}
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardID(i), Backend: backend})
	}
	t, err := s.spawn(ctx, cfg)
	if err != nil {
		return nil, err
	}
	shards := t.Shards()
	ours := func(i int) error {
		var c sqlpeer.Customer
		id := int64(i % manyCustomers)
		row := t.QueryRow(coordinator.OnShard(context.Background(), shards[i]), sqlpeer.SelectCustomer, id)
		if err := row.Scan(&c.ID, &c.Name, &c.Description); err != nil {
			return err
		}
		return c.Check(id)
	}
	for i := range s.sizes.cold { // their logs are made, and from now on there is one to close
		if err := ours(i); err != nil {
			return nil, err
		}
	}
	plain := func(i int) error { return sqlpeer.Once("sqlite", moderncSource(theirs[i]), int64(i%manyCustomers)) }
	return []contender{
		{plainName, inTurn(s.sizes.cold, s.sizes.coldOps, plain)},
		{troupeName, inTurn(s.sizes.cold, s.sizes.coldOps, ours)},
	}, nil
}

// inTurn asks as many of n files as ops says, one after the other, and goes on with the next sample where it ended.
func inTurn(n, ops int, ask func(i int) error) func(time.Duration) (results.Round, error) {
	crew, next := new(load.Crew), 0
	return func(time.Duration) (results.Round, error) {
		return crew.Once(func() (int, error) {
			for range ops {
				if err := ask(next % n); err != nil {
					return 0, err
				}
				next++
			}
			return ops, nil
		})
	}
}
