package profile_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
)

// squares is a suite of one's own: two ways to have a database compute squares, and their answers checked.
func squares() *profile.Profiler {
	p := profile.Init("squares", "Ways to compute squares.", 1_000)
	p.SetupOnce(func(ctx context.Context, s *profile.Stage) error {
		return s.Spawn(ctx, coordinator.Config{}) // over the databases that the command line says
	})
	p.Check(func(_ context.Context, s *profile.Stage, _ string, got profile.Answer) error {
		var want profile.Answer
		for i := range s.N {
			want.Add(int64(i * i))
		}
		return got.Want(want)
	})
	p.Profile("test_one_by_one", "A query for each.", func(ctx context.Context, s *profile.Stage) error {
		return s.Split(ctx, func(ctx context.Context, first, count int) error {
			var a profile.Answer
			for i := first; i < first+count; i++ {
				var square int64
				err := s.Troupe.QueryRow(coordinator.OnShard(ctx, "shard0"), "select $1 * $1", i).Scan(&square)
				if err != nil {
					return err
				}
				a.Add(square)
			}
			s.Answer(a)
			return nil
		})
	})
	p.Profile("test_all_at_once", "One query for all.", func(ctx context.Context, s *profile.Stage) error {
		const sql = "with recursive n(i) as (select 0 union all select i + 1 from n where i < $1 - 1) select i * i from n"
		rows, err := s.Troupe.Query(coordinator.OnShard(ctx, "shard0"), sql, s.N)
		if err != nil {
			return err
		}
		var a profile.Answer
		for square, err := range coordinator.Each[int64](rows) {
			if err != nil {
				return err
			}
			a.Add(square)
		}
		s.Answer(a)
		return nil
	})
	return p
}

// A suite of one's own is a program: its main is profile.Main(squares()), and its command line has all options.
func Example() {
	var out strings.Builder
	status := profile.Run(context.Background(), "squares", []string{"--num", "10"}, &out, os.Stderr, squares())
	for line := range strings.Lines(out.String()) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "; total time") // which differs
		fmt.Println(line)
	}
	fmt.Println("exit status", status)
	// Output:
	// Running setup once...
	// Tests to run: test_one_by_one, test_all_at_once
	// test_one_by_one : A query for each. (10 iterations)
	// test_all_at_once : One query for all. (10 iterations)
	// exit status 0
}
