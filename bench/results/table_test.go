package results_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	. "github.com/troupedb/troupe/bench/results"
)

func TestTable(t *testing.T) {
	r := run()
	group, _ := r.Section("select")
	assert.Equal(t, Table{
		Texts: 2,
		Head:  []string{"clients", "variant", "calls/s", "× the first", "p50", "p99", "client CPU/call", "server CPU/call", "allocations/call", "peak memory"},
		Rows: [][]string{
			{"1", "troupe", "10.0", "1", "3.00 ns", "4.00 ns", "0.5 ns", "0.6 ns", "0.7", "9 B"},
			{"1", "other", "–", "–", "–", "–", "–", "–", "–", "–"},
			{"4", "loop", "10.0", "1", "3.00 ns", "4.00 ns", "0.5 ns", "0.6 ns", "0.7", "9 B"},
			{"4", "troupe", "10.0", "1.00", "3.00 ns", "4.00 ns", "0.5 ns", "0.6 ns", "0.7", "9 B"},
			{"4", "cgo", "–", "–", "–", "–", "–", "–", "–", "–"},
		},
	}, group.Table())
	scan, _ := r.Section("scan")
	assert.Empty(t, scan.Table().Rows)
}

// TestTableOfNames: experiments without a group are told apart by their names, and one that is alone by nothing.
func TestTableOfNames(t *testing.T) {
	plain := func(rate int) []Round { return []Round{{Count: rate, Wall: time.Second}} }
	r := &Run{Experiments: []Experiment{
		{Name: "seeds/b", Unit: "rows", Variants: []Variant{{"sqlalchemy", plain(10)}, {"troupe", plain(80)}}, Goals: []Goal{{Variant: "troupe", Figure: MemoryEach, Must: 1}}},
		{Name: "seeds/a", Unit: "calls", Variants: []Variant{{"sqlalchemy", plain(20)}, {"troupe", plain(90)}}},
		{Name: "alone", Unit: "calls", Variants: []Variant{{"troupe", plain(5)}}},
	}}
	seeds, _ := r.Section("seeds")
	assert.Equal(t, Table{
		Texts: 2, Head: []string{"experiment", "variant", "units/s", "× sqlalchemy", "allocations/unit"},
		Rows: [][]string{{"b", "sqlalchemy", "10.0", "1", "0"}, {"b", "troupe", "80.0", "8.00", "0"}, {"a", "sqlalchemy", "20.0", "1", "0"}, {"a", "troupe", "90.0", "4.50", "0"}},
	}, seeds.Table())
	alone, _ := r.Section("alone")
	assert.Equal(t, []string{"troupe", "5.00", "1", "0"}, alone.Table().Rows[0])
}

func TestGoalsTable(t *testing.T) {
	r := run()
	r.Experiments[0].Goals = append(r.Experiments[0].Goals, Goal{"cgo", "loop", P99, 0.6, 0.4}, Goal{"troupe", "", Memory, 8, 2}, Goal{"troupe", "loop", Own, 3e-6, 1e-6})
	assert.Equal(t, Table{
		Texts: 2, Head: []string{"experiment", "goal", "must", "aim", "measured", "verdict"},
		Rows: [][]string{
			{"select/4", "rate of troupe, × loop", "≥ 0.95", "≥ 1", "1.00", "aim reached"},
			{"select/4", "p99 of cgo, × loop", "≤ 0.6", "≤ 0.4", "–", "not measured"},
			{"select/4", "peak memory of troupe", "≤ 8 B", "≤ 2 B", "9 B", "missed"},
			{"select/4", "own time of troupe beyond loop's", "≤ 3 µs", "≤ 1 µs", "0", "aim reached"},
		},
	}, r.GoalsTable())
	assert.Equal(t, "Goals reached: 2 of 4, with what was aimed at: 2, missed: 1, not measured: 1.", r.Tally())
	assert.Equal(t, "Measured on 2026-11-22 on 2 cores (a CPU, linux/amd64), go1.26, PostgreSQL 15 (fsync on), SQLite 3.54, commit abc.", r.Says())
	require.Len(t, r.Verdicts(), 4)
}
