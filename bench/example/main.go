// Command example is a suite of one's own, as small as it can be: what to copy for another. It has all options of bench, see docs/bench.md.
//
//	go run ./bench/example
//	go run ./bench/example --num 100000 --clients 8 --dburl postgres://localhost/a
package main

import (
	"context"
	"fmt"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
)

func main() { profile.Main(counters()) }

// counters compares ways to count events in a table.
func counters() *profile.Profiler {
	p := profile.Init("counters", "Ways to count events.", 1_000)

	// Before each test, on the databases that the command line says: here every shard has a row for each of ten counters.
	p.Setup(func(ctx context.Context, s *profile.Stage) error {
		if err := s.Spawn(ctx, coordinator.Config{}); err != nil {
			return err
		}
		all := coordinator.AllShards(ctx)
		for _, sql := range []string{
			"drop table if exists counter",
			"create table counter (id bigint primary key, n bigint not null)",
			"insert into counter values (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0), (8, 0), (9, 0)",
		} {
			if _, err := s.Troupe.Exec(all, sql); err != nil {
				return err
			}
		}
		return nil
	})

	p.Profile("test_exec", "An update for each event.", func(ctx context.Context, s *profile.Stage) error {
		return s.Split(ctx, func(ctx context.Context, first, count int) error { // what one of --clients does
			for i := first; i < first+count; i++ {
				if err := add(ctx, s, i%10, 1); err != nil {
					return err
				}
			}
			return nil
		})
	})
	p.Profile("test_summed", "An update for each counter.", func(ctx context.Context, s *profile.Stage) error {
		return s.Split(ctx, func(ctx context.Context, first, count int) error {
			var sums [10]int
			for i := first; i < first+count; i++ {
				sums[i%10]++
			}
			for id, n := range sums {
				if err := add(ctx, s, id, n); err != nil {
					return err
				}
			}
			return nil
		})
	})

	// After each test, and not measured: all events are counted.
	p.Check(func(ctx context.Context, s *profile.Stage, _ string, _ profile.Answer) error {
		total := 0
		for _, id := range s.IDs() {
			var n int
			if err := s.Troupe.QueryRow(coordinator.OnShard(ctx, id), "select cast(sum(n) as bigint) from counter").Scan(&n); err != nil {
				return err
			}
			total += n
		}
		if total != s.N {
			return fmt.Errorf("wrong answer: %d events, not %d", total, s.N)
		}
		return nil
	})
	return p
}

// add adds to a counter, on the shard that has it.
func add(ctx context.Context, s *profile.Stage, id, n int) error {
	shard := s.IDs()[id%len(s.Shards)]
	_, err := s.Troupe.Exec(coordinator.OnShard(ctx, shard), "update counter set n = n + $1 where id = $2", n, id)
	return err
}
