package profile

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ran is a result of runs that took so many seconds, with ten times as many allocations.
func ran(seconds ...float64) *result {
	res := &result{suite: "a_suite", test: test{name: "test_one", doc: "One."}, stage: &Stage{N: 4, Clients: 1}}
	for _, s := range seconds {
		res.runs = append(res.runs, measurement{
			wall: time.Duration(s * float64(time.Second)), cpu: time.Duration(s * float64(time.Second) / 2),
			allocations: uint64(s * 10), bytes: uint64(s * 100), cycles: 1, pauses: time.Millisecond, heap: 3 << 20, operations: 4,
		})
	}
	return res
}

func TestLinesHaveTheMedianAndTheSpread(t *testing.T) {
	for want, seconds := range map[string][]float64{
		"total time 2.500000 sec": {2.5},
		"total time 2.000000 sec (median of 3 runs, from 1.000000 to 9.000000)": {9, 1, 2},
		"total time 2.000000 sec (median of 4 runs, from 1.000000 to 9.000000)": {9, 1, 2, 3},
		"total time 3.000000 sec (median of 5 runs, from 1.000000 to 9.000000)": {9, 1, 3, 4, 2},
	} {
		var out strings.Builder
		require.NoError(t, lines{&out, false}.result(ran(seconds...)))
		require.Equal(t, "test_one : One. (4 iterations); "+want+"\n", out.String())
	}
	var out strings.Builder
	require.NoError(t, lines{&out, true}.result(ran(9, 1, 2)))
	require.Equal(t, "test_one : One. (4 iterations); total allocations 20 (median of 3 runs, from 10 to 90)\n", out.String())
}

func TestGoFormatIsPerOperation(t *testing.T) {
	var out strings.Builder
	g := &goFormat{w: &out}
	require.NoError(t, g.result(ran(2)))
	require.NoError(t, g.result(ran(4)))
	require.Equal(t, 1, strings.Count(out.String(), "goos: "))
	require.Regexp(t, `(?m)^BenchmarkASuite/test_one/shards=0/clients=1-\d+\t4\t500000000\.0 ns/op\t250000000\.0 cpu-ns/op\t50\.0 B/op\t5\.000 allocs/op$`, out.String())
	require.Contains(t, out.String(), "\t4\t1000000000.0 ns/op")
}

func TestCollectionsAreAddedUp(t *testing.T) {
	require.Equal(t, "gc: 2 collections, paused 2.000 ms; 30 allocations of 0.0 MiB; 3.0 MiB on the heap at the end", ran(1, 2).collections())
}
