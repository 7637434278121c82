package report_test

import (
	"fmt"
	"time"

	"github.com/troupedb/troupe/bench/results"
)

// sample has a group, an experiment of its own, and one that was skipped; names with everything that means something in Markdown.
func sample() *results.Run {
	rounds := func(rates ...int) []results.Round {
		var all []results.Round
		for _, rate := range rates {
			all = append(all, results.Round{
				Count: rate, Wall: time.Second, P50: 80 * time.Microsecond, P99: time.Second / time.Duration(rate), ClientCPU: time.Second, Allocs: uint64(rate) * 9,
			})
		}
		return all
	}
	run := &results.Run{
		When:    time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC),
		Machine: results.Machine{CPU: "a | CPU", Cores: 2, OS: "linux/amd64", Go: "go1.26.8", PostgreSQL: "15 (fsync on)", Commit: "abc"},
	}
	for _, x := range []int{64, 1} {
		run.Experiments = append(run.Experiments, results.Experiment{
			Name: "select/" + map[int]string{1: "1", 64: "64"}[x], Title: "A row.", Unit: "calls", Group: "select", X: float64(x), XLabel: "clients", Notes: []string{fmt.Sprintf("pool-best is a pool of %d", x), "*cgo*: no compiler"},
			Variants: []results.Variant{
				{Name: "pool|<4>", Rounds: rounds(10000, 12000, 11000)}, {Name: "troupe", Rounds: rounds(10000*x, 12500*x, 11000*x)}, {Name: "*cgo*"},
			},
			Goals: []results.Goal{
				{Variant: "troupe", Baseline: "pool|<4>", Figure: results.Rate, Must: 1.01, Aim: 3},
				{Variant: "troupe", Figure: results.Allocs, Must: 9, Aim: 0},
				{Variant: "troupe", Baseline: "pool|<4>", Figure: results.Own, Must: 3e-6, Aim: 1.5e-6},
			},
		})
	}
	run.Experiments = append(run.Experiments, results.Experiment{
		Name: "insert", Unit: "rows", Skipped: "no PostgreSQL\n<!-- /bench -->", Goals: []results.Goal{{Variant: "troupe", Figure: results.Memory, Must: 8 << 20, Aim: 2 << 20}},
	})
	return run
}
