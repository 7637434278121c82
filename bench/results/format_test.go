package results_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	. "github.com/troupedb/troupe/bench/results"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		figure Figure
		value  float64
		want   string
	}{
		{Rate, 0, "0"},
		{Rate, 12345.6, "12,300"},
		{Rate, 1234567, "1,230,000"},
		{Rate, 999.6, "1,000"},
		{Rate, 999.4, "999"},
		{Rate, 12.34, "12.3"},
		{Rate, 9.999, "10.0"},
		{P50, 84.06e-6, "84.1 µs"},
		{P50, 999.6e-6, "1.00 ms"},
		{P99, 0.0123, "12.3 ms"},
		{P99, 75, "75.0 s"},
		{ClientCPU, 2.1e-7, "210 ns"},
		{Own, -3e-6, "-3.00 µs"},
		{Own, 1e-12, "0.001 ns"},
		{Allocs, 0.0023, "0.0023"},
		{Allocs, 1e-9, "1e-09"},
		{Allocs, 62, "62.0"},
		{Memory, 1536, "1.50 KiB"},
		{Memory, 1023, "1023 B"},
		{Memory, 8 << 20, "8.00 MiB"},
		{Memory, 1, "1 B"},
		{Memory, 0, "0 B"},
		{Rate, 1e20, "1e+20"},
		{Rate, math.NaN(), "–"},
		{Memory, math.Inf(-1), "–"},
	} {
		assert.Equal(t, c.want, c.figure.Format(c.value), "%s %g", c.figure, c.value)
	}
	for value, want := range map[float64]string{0.97: "0.97", 1: "1.00", 12.34: "12.3", 123.4: "123", 0.0004: "0.0004", 0: "0", math.Inf(1): "–"} {
		assert.Equal(t, want, FormatRatio(value))
	}
	for want, g := range map[string]Goal{
		"≥ 1.2":     {Baseline: "b", Figure: Rate, Must: 1.2},
		"≤ 0.6":     {Baseline: "b", Figure: P99, Must: 0.6},
		"≤ 0.01":    {Figure: Allocs, Must: 0.01},
		"≤ 3 µs":    {Baseline: "b", Figure: Own, Must: 3e-6},
		"≤ 200 KiB": {Figure: Memory, Must: 200 << 10},
	} {
		assert.Equal(t, want, g.Bound(g.Must))
	}
}

func TestFormatAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float64().Draw(t, "value")
		for _, f := range figures {
			for _, text := range []string{f.Format(value), FormatRatio(value)} {
				if text == "" || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
					t.Fatalf("%s of %g is %q", f, value, text)
				}
			}
		}
	})
}
