package document_test

import (
	"time"

	"github.com/troupedb/troupe/bench/results"
)

// sample is a small run of every kind of section: a group over an axis, one that stands alone, one of two experiments, and one that was skipped.
func sample() *results.Run {
	run := &results.Run{
		When:    time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC),
		Machine: results.Machine{CPU: "a <CPU> & \"more\"", Cores: 2, OS: "linux/amd64", Go: "go1.26.8", PostgreSQL: "15 (fsync on)", SQLite: "3.54"},
	}
	for i, clients := range []int{1, 8, 64} {
		gain := []float64{1.06, 1.3, 3.6}[i]
		run.Experiments = append(run.Experiments, results.Experiment{
			Name: "select/" + []string{"1", "8", "64"}[i], Title: "A row by its primary key.", Unit: "calls",
			Group: "select", X: float64(clients), XLabel: "clients per shard", Notes: []string{"pool-best is pool of 16"},
			Variants: []results.Variant{
				{Name: "pool of 4", Rounds: rounds(16000, 4000*clients, 1, 60)},
				{Name: "pool <best> & \"more\"", Rounds: rounds(17000, 3900*clients, 1.1, 58)},
				{Name: "troupe", Rounds: rounds(int(16000*gain), int(4000*float64(clients)/gain), 0.5, 30)},
				{Name: "cgo"},
			},
			Goals: []results.Goal{
				{Variant: "troupe", Baseline: "pool of 4", Figure: results.Rate, Must: []float64{0.95, 1.2, 3}[i], Aim: []float64{1.05, 1.5, 4}[i]},
				{Variant: "troupe", Baseline: "pool <best> & \"more\"", Figure: results.Rate, Must: 2.5, Aim: 3.2},
				{Variant: "cgo", Baseline: "pool of 4", Figure: results.Rate, Must: 1, Aim: 2},
			},
		})
	}
	last := &run.Experiments[2]
	last.Goals = append(last.Goals, results.Goal{Variant: "troupe", Baseline: "pool of 4", Figure: results.P99, Must: 0.6, Aim: 0.4}) // at one place only
	plain := func(rate int) []results.Round {
		return []results.Round{{Count: rate, Wall: time.Second, ClientCPU: time.Second / 2, PeakRSS: 3 << 20}}
	}
	run.Experiments = append(run.Experiments,
		results.Experiment{
			Name: "scan", Title: "500,000 rows.", Unit: "rows", Variants: []results.Variant{{Name: "loop", Rounds: plain(1000000)}, {Name: "troupe", Rounds: plain(2500000)}},
			Goals: []results.Goal{
				{Variant: "troupe", Baseline: "loop", Figure: results.Rate, Must: 2.5, Aim: 3.3},
				{Variant: "troupe", Figure: results.Memory, Must: 8 << 20, Aim: 2 << 20},
				{Variant: "troupe", Figure: results.Allocs, Must: 0.01},
			},
		},
		results.Experiment{Name: "seeds/one", Title: "Seeds.", Unit: "iterations", Variants: []results.Variant{{Name: "sqlalchemy", Rounds: plain(10)}, {Name: "troupe", Rounds: plain(80)}}},
		results.Experiment{Name: "seeds/two", Title: "Seeds.", Unit: "iterations", Variants: []results.Variant{{Name: "sqlalchemy", Rounds: plain(20)}, {Name: "troupe", Rounds: plain(90)}}},
		results.Experiment{
			Name: "insert", Title: "Durable inserts.", Unit: "rows", Skipped: "no PostgreSQL <here>",
			Goals: []results.Goal{{Variant: "troupe", Baseline: "pool", Figure: results.Rate, Must: 6, Aim: 9}},
		},
	)
	return run
}

// rounds are five rounds around a rate, with latencies in microseconds.
func rounds(rate, micros int, cpu float64, server int) []results.Round {
	var all []results.Round
	for _, percent := range []int{100, 90, 105, 97, 115} {
		n := rate * percent / 100
		all = append(all, results.Round{
			Count: n, Wall: time.Second, P50: time.Duration(micros) * time.Microsecond / 4, P99: time.Duration(micros*percent/100) * time.Microsecond,
			ClientCPU: time.Duration(cpu * float64(time.Second)), ServerCPU: time.Duration(n*server) * time.Microsecond, Allocs: uint64(n * 9), PeakRSS: int64(n) << 6,
		})
	}
	return all
}
