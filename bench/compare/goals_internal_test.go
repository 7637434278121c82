package compare

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/bench/suites"
)

// TestGoals is the table of the goals, line by line.
func TestGoals(t *testing.T) {
	var got []string
	for _, e := range experiments(fullSizes) {
		for _, g := range e.about.Goals {
			got = append(got, fmt.Sprintf("%s: %s / %s, %s, %s %s", e.about.Name, g.Variant, g.Baseline, g.Figure, g.Bound(g.Must), g.Bound(g.Aim)))
		}
	}
	assert.Equal(t, strings.Split(strings.TrimSpace(`
postgres-point-select/1: troupe / pgxpool-4, rate, ≥ 0.95 ≥ 1.05
postgres-point-select/4: troupe / pgxpool-4, rate, ≥ 0.95 ≥ 1.05
postgres-point-select/8: troupe / pgxpool-4, rate, ≥ 1.2 ≥ 1.5
postgres-point-select/16: troupe / pgxpool-4, rate, ≥ 1.6 ≥ 2.2
postgres-point-select/64: troupe / pgxpool-4, rate, ≥ 3 ≥ 4
postgres-point-select/64: troupe / pgxpool-best, rate, ≥ 2.5 ≥ 3.2
postgres-point-select/64: troupe / pgxpool-4, p99, ≤ 0.6 ≤ 0.4
postgres-point-select/256: troupe / pgxpool-4, rate, ≥ 4.5 ≥ 6
postgres-point-select/256: troupe / pgxpool-best, rate, ≥ 3.5 ≥ 4.5
sqlite-point-select/1: troupe / database-sql, rate, ≥ 1.15 ≥ 1.3
sqlite-point-select/8: troupe / database-sql, rate, ≥ 0.95 ≥ 1.1
sqlite-point-select/64: troupe / database-sql, rate, ≥ 1.2 ≥ 1.5
postgres-scan: troupe-scan / query-scan, rate, ≥ 1.2 ≥ 1.5
postgres-scan: troupe-scan / query-scan, client-cpu, ≤ 0.55 ≤ 0.4
postgres-scan: troupe-scan / , allocs, ≤ 0.01 ≤ 0.001
postgres-scan: troupe-each / collect-rows, rate, ≥ 1.5 ≥ 2
sqlite-scan: troupe-scan / database-sql, rate, ≥ 2.5 ≥ 3.3
sqlite-scan: troupe-scan / , allocs, ≤ 0.01 ≤ 0.001
sqlite-durable-insert/1: troupe / database-sql-best, rate, ≥ 0.95 ≥ 1
sqlite-durable-insert/64: troupe / database-sql-best, rate, ≥ 12 ≥ 17
postgres-durable-insert/1: troupe / pgxpool-4, rate, ≥ 0.95 ≥ 1
postgres-durable-insert/64: troupe-group / pgxpool-4, rate, ≥ 6 ≥ 9
postgres-durable-insert/64: troupe-group / pgxpool-64, rate, ≥ 2.5 ≥ 4
scatter/4: troupe / backend, own, ≤ 3 µs ≤ 1.5 µs
scatter/64: troupe / backend, own, ≤ 3 µs ≤ 1.5 µs
scatter/1000: troupe / backend, own, ≤ 3 µs ≤ 1.5 µs
sqlite-scatter: troupe / database-sql-best, rate, ≥ 2 ≥ 2.5
sqlite-open-shards: troupe / , memory-each, ≤ 200 KiB ≤ 150 KiB
sqlite-idle-shards: troupe / , memory-each, ≤ 4 KiB ≤ 1.5 KiB
sqlite-cold-query: troupe / , own, ≤ 800 µs ≤ 400 µs
stream-memory/postgres: troupe / , memory, ≤ 9 MiB ≤ 3 MiB
stream-memory/sqlite: troupe / , memory, ≤ 9 MiB ≤ 3 MiB
seeds-sqlite-memory/all: troupe / sqlalchemy, rate, ≥ 1 ≥ 8
seeds-sqlite-file/all: troupe / sqlalchemy, rate, ≥ 1 ≥ 8
seeds-postgres/all: troupe / sqlalchemy, rate, ≥ 1 ≥ 8
`), "\n"), got)
}

// TestSeedsAreTheSuites compares the note's tests with the suites', in order.
func TestSeedsAreTheSuites(t *testing.T) {
	tests := 0
	for _, suite := range seedSuites {
		var names []string
		for _, test := range suite.tests {
			names = append(names, test.name)
			assert.Positive(t, test.inFile, test.name)
			assert.Positive(t, test.postgreSQL, test.name)
			if test.name != "test_dbapi_raw_w_connect" {
				assert.Positive(t, test.inMemory, test.name)
			}
		}
		tests += len(names)
		found := false
		for _, s := range suites.All() {
			if s.Name() == suite.name {
				found = true
				assert.ElementsMatch(t, s.Tests(), names)
			}
		}
		assert.True(t, found, suite.name)
	}
	assert.Equal(t, 27, tests)
}

func TestVerdicts(t *testing.T) {
	e := &results.Experiment{Name: "e", Variants: []results.Variant{
		{Name: "peer", Rounds: []results.Round{{Count: 100, Wall: 1e9, Allocs: 300}, {Count: 100, Wall: 2e9, Allocs: 300}}},
		{Name: "troupe", Rounds: []results.Round{{Count: 300, Wall: 1e9}, {Count: 300, Wall: 2e9}}},
	}}
	for _, test := range []struct {
		goal results.Goal
		want string
	}{
		{results.Goal{Variant: "troupe", Baseline: "peer", Figure: results.Rate, Must: 2, Aim: 3}, "aim reached: troupe, rate against peer is 3.00 [3.00 3.00] (must ≥ 2, aim ≥ 3)"},
		{results.Goal{Variant: "troupe", Baseline: "peer", Figure: results.Rate, Must: 2, Aim: 4}, "reached: troupe, rate against peer is 3.00 [3.00 3.00] (must ≥ 2, aim ≥ 4)"},
		{results.Goal{Variant: "troupe", Baseline: "peer", Figure: results.Rate, Must: 3.1, Aim: 4}, "missed: troupe, rate against peer is 3.00 [3.00 3.00] (must ≥ 3.1, aim ≥ 4)"},
		{results.Goal{Variant: "peer", Figure: results.Allocs, Must: 2, Aim: 1}, "missed: peer, allocations is 3.00 [3.00 3.00] (must ≤ 2, aim ≤ 1)"},
		{results.Goal{Variant: "troupe", Baseline: "peer", Figure: results.P99, Must: 2, Aim: 1}, "not measured: troupe, p99 against peer (must ≤ 2, aim ≤ 1)"},
		{results.Goal{Variant: "peer", Baseline: "troupe", Figure: results.Own, Must: 1, Aim: 0}, "reached: peer, own time beyond troupe is 10.0 ms [8.33 ms 11.7 ms] (must ≤ 1 s, aim ≤ 0)"},
	} {
		assert.Equal(t, test.want, verdict(e.Judge(test.goal)))
	}
	var b strings.Builder
	require.NoError(t, printTable(&b, []results.Experiment{*e}))
	assert.Contains(t, b.String(), "3.00 [3.00 3.00]")
}
