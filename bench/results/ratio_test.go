package results_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	. "github.com/troupedb/troupe/bench/results"
)

var figures = []Figure{Rate, P50, P99, ClientCPU, ServerCPU, Allocs, Memory, MemoryEach, Own}

func TestSpreadOf(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{nan, inf, -inf}, Spread{}},
		{[]float64{7}, Spread{7, 7, 7}},
		{[]float64{2, 1}, Spread{1.25, 1.5, 1.75}},
		{[]float64{3, 1, 2}, Spread{1.5, 2, 2.5}},
		{[]float64{5, 1, nan, 4, 2, 3}, Spread{2, 3, 4}},
		{[]float64{-1, 0, 0}, Spread{-0.5, 0, 0}},
	} {
		assert.Equal(t, c.want, SpreadOf(c.values), "%v", c.values)
	}
}

func TestSpreadOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.OneOf(rapid.Float64(), rapid.Float64Range(-3, 3), rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), 0.1, 0.3}))).Draw(t, "values")
		before := append([]float64(nil), values...)
		s := SpreadOf(values)
		for i := range values {
			require.Equal(t, math.Float64bits(before[i]), math.Float64bits(values[i]), "the caller's values changed")
		}
		require.LessOrEqual(t, s.Low, s.Median)
		require.LessOrEqual(t, s.Median, s.High)
		low, high, n, below, above := math.Inf(1), math.Inf(-1), 0, 0, 0
		for _, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			low, high, n = min(low, v), max(high, v), n+1
			if v < s.Median {
				below++
			}
			if v > s.Median {
				above++
			}
		}
		if n == 0 {
			require.Zero(t, s)
			return
		}
		require.GreaterOrEqual(t, s.Low, low)
		require.LessOrEqual(t, s.High, high)
		require.LessOrEqual(t, 2*below, n, "more than half are less than the median")
		require.LessOrEqual(t, 2*above, n, "more than half are more than the median")
	})
}

// anyRound draws a round with zeros in it as often as not.
func anyRound() *rapid.Generator[Round] {
	return rapid.Custom(func(t *rapid.T) Round {
		span := func(name string) time.Duration {
			return time.Duration(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 1e10)).Draw(t, name))
		}
		return Round{
			Count: rapid.OneOf(rapid.Just(0), rapid.IntRange(1, 1e6)).Draw(t, "count"), Wall: span("wall"),
			P50: span("p50"), P99: span("p99"), ClientCPU: span("client"), ServerCPU: span("server"),
			Allocs: uint64(rapid.IntRange(0, 1e6).Draw(t, "allocs")), PeakRSS: int64(span("memory")),
		}
	})
}

// TestNothingComesOfNothing: whatever the rounds are, figures and ratios are finite numbers, and a ratio's own inverse; and what no round measured
// is an error and reaches no goal.
func TestNothingComesOfNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 5).Draw(t, "rounds")
		e := &Experiment{Name: "e", Variants: []Variant{
			{"base", rapid.SliceOfN(anyRound(), n, n).Draw(t, "base")}, {"troupe", rapid.SliceOfN(anyRound(), n, n).Draw(t, "troupe")},
		}}
		for _, f := range figures {
			pairs := 0
			for i := range n {
				base, ours := e.Variants[0].Rounds[i], e.Variants[1].Rounds[i]
				if base.Measured(f) && ours.Measured(f) && base.Value(f) > 0 {
					pairs++
				}
				if ours.Value(f) == 0 && f != Allocs {
					require.False(t, ours.Measured(f), "%s is 0, and measured", f)
				}
			}
			ratio, err := e.Ratio("troupe", "base", f)
			if pairs == 0 {
				require.ErrorIs(t, err, ErrNotMeasured)
				verdict := e.Judge(Goal{Variant: "troupe", Baseline: "base", Figure: f, Must: 1e9, Aim: 1e9})
				if f != Own { // a difference needs no divisor
					require.Equal(t, Unmeasured, verdict.Mark)
				}
				continue
			}
			require.NoError(t, err)
			require.False(t, math.IsNaN(ratio.Low+ratio.Median+ratio.High) || math.IsInf(ratio.Low+ratio.Median+ratio.High, 0), "%v", ratio)
			back, err := e.Ratio("base", "troupe", f)
			if err == nil && pairs == 1 && f != Allocs {
				require.InEpsilon(t, 1, ratio.Median*back.Median, 1e-9)
			}
			self, err := e.Ratio("base", "base", f)
			require.NoError(t, err)
			require.Equal(t, Spread{1, 1, 1}, self)
		}
	})
}

func TestRatioPairsRounds(t *testing.T) {
	round := func(count int, p99 time.Duration) Round { return Round{Count: count, Wall: time.Second, P99: p99} }
	e := &Experiment{Name: "e", Variants: []Variant{
		{"base", []Round{round(100, 8), round(1000, 0), round(10, 2)}},
		{"troupe", []Round{round(200, 4), round(1000, 5), round(40, 4)}},
		{"idle", nil},
	}}
	ratio, err := e.Ratio("troupe", "base", Rate)
	require.NoError(t, err)
	assert.Equal(t, Spread{1.5, 2, 3}, ratio, "1, 2 and 4 in the rounds; the ratio of the medians would be 2 as well, that of the sums 1.1")
	ratio, err = e.Ratio("troupe", "base", P99)
	require.NoError(t, err)
	assert.Equal(t, Spread{0.875, 1.25, 1.625}, ratio, "the second round has no p99 of the baseline")
	for _, pair := range [][2]string{{"troupe", "nobody"}, {"nobody", "base"}, {"idle", "base"}, {"troupe", "idle"}} {
		_, err = e.Ratio(pair[0], pair[1], Rate)
		assert.ErrorIs(t, err, ErrNotMeasured, "%v", pair)
	}
}

func TestJudge(t *testing.T) {
	rounds := func(count int, wall, p99 time.Duration, allocs uint64) []Round {
		return []Round{{Count: count, Wall: wall, P99: p99, Allocs: allocs}}
	}
	e := &Experiment{Name: "e", Variants: []Variant{
		{"base", rounds(100, time.Second, 100, 100)}, {"troupe", rounds(200, time.Second, 50, 0)}, {"mute", rounds(0, 0, 0, 0)},
	}}
	for _, c := range []struct {
		goal Goal
		want Mark
	}{
		{Goal{Variant: "troupe", Baseline: "base", Figure: Rate, Must: 1.5, Aim: 2}, AimReached},
		{Goal{Variant: "troupe", Baseline: "base", Figure: Rate, Must: 2, Aim: 2.1}, MustReached},
		{Goal{Variant: "troupe", Baseline: "base", Figure: Rate, Must: 2.1, Aim: 3}, Missed},
		{Goal{Variant: "troupe", Baseline: "base", Figure: P99, Must: 0.6, Aim: 0.5}, AimReached},
		{Goal{Variant: "troupe", Baseline: "base", Figure: P99, Must: 0.5, Aim: 0.4}, MustReached},
		{Goal{Variant: "troupe", Baseline: "base", Figure: P99, Must: 0.4, Aim: 0.3}, Missed},
		{Goal{Variant: "troupe", Figure: Allocs, Must: 0.01, Aim: 0}, AimReached},
		{Goal{Variant: "base", Figure: Allocs, Must: 0.01, Aim: 0}, Missed},
		{Goal{Variant: "troupe", Figure: Rate, Must: 100, Aim: 300}, MustReached},
		{Goal{Variant: "troupe", Baseline: "base", Figure: Own, Must: 3e-6, Aim: 1e-6}, AimReached}, // 5 ms less
		{Goal{Variant: "base", Baseline: "troupe", Figure: Own, Must: 6e-3, Aim: 4e-3}, MustReached},
		{Goal{Variant: "troupe", Baseline: "base", Figure: ServerCPU, Must: 1, Aim: 0.5}, Unmeasured},
		{Goal{Variant: "troupe", Figure: Memory, Must: 1 << 20, Aim: 1 << 10}, Unmeasured},
		{Goal{Variant: "mute", Figure: Allocs, Must: 1, Aim: 0}, Unmeasured},
		{Goal{Variant: "mute", Baseline: "base", Figure: Own, Must: 1, Aim: 0}, Unmeasured},
		{Goal{Variant: "troupe", Baseline: "mute", Figure: Own, Must: 1, Aim: 0.1}, Unmeasured},
		{Goal{Variant: "nobody", Figure: Rate, Must: 1, Aim: 2}, Unmeasured},
	} {
		assert.Equal(t, c.want, e.Judge(c.goal).Mark, "%+v", c.goal)
	}
	e.Skipped = "no compiler"
	assert.Equal(t, Unmeasured, e.Judge(Goal{Variant: "troupe", Baseline: "base", Figure: Rate, Must: 1, Aim: 2}).Mark)
	nan := Goal{Figure: Rate}
	assert.False(t, nan.Met(math.NaN(), 0))
}
