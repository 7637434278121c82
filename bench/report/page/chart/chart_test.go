package chart_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/bench/report/page/chart"
	"github.com/troupedb/troupe/bench/results"
)

// drawing is what a test wants to know of an SVG.
type drawing struct {
	texts  []string       // in order
	styles map[string]int // how often each declaration stands in a style
	title  string
}

func drawn(t *testing.T, c chart.Chart) drawing {
	t.Helper()
	svg, err := c.SVG("id")
	require.NoError(t, err)
	d := drawing{styles: map[string]int{}}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	var inside string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return d
		}
		require.NoError(t, err, svg)
		switch token := token.(type) {
		case xml.StartElement:
			inside = token.Name.Local
			for _, a := range token.Attr {
				if a.Name.Local == "style" {
					for declaration := range strings.SplitSeq(a.Value, ";") {
						d.styles[declaration]++
					}
				}
			}
		case xml.CharData:
			switch inside {
			case "text":
				d.texts = append(d.texts, string(token))
			case "title":
				d.title = string(token)
			}
		case xml.EndElement:
			inside = ""
		}
	}
}

func at(x, value float64) chart.Point {
	return chart.Point{X: x, Spread: results.Spread{Low: value * 0.9, Median: value, High: value * 1.1}}
}

func TestLines(t *testing.T) {
	c := &chart.Lines{
		Text: chart.Text{Title: "a <title>", Description: "d", X: "clients", Y: "calls/s"}, Format: results.Rate.Format,
		Series: []chart.Series{
			{Name: `pool "4"`, Variant: 0, Points: []chart.Point{at(1, 1000), at(64, 2000)}},
			{Name: "troupe", Variant: 9, Points: []chart.Point{at(1, 900), at(64, 6000)}},
		},
		Bounds: []chart.Bound{{Name: "must", Points: []chart.Point{at(64, 5000)}}, {Name: "aim", Aim: true, Points: []chart.Point{at(64, 9000)}}},
	}
	d := drawn(t, c)
	assert.Equal(t, "a <title>", d.title)
	for _, text := range []string{"clients", "calls/s", "1", "64", `pool "4"`, "troupe", "must", "aim"} {
		assert.Contains(t, d.texts, text)
	}
	for _, pen := range []string{"--c1", "--c2", "--c9", "--c10", "--c11", "--c12"} { // the tenth variant has the second colour again
		assert.NotZero(t, d.styles["stroke:var("+pen+")"], pen)
	}
	assert.Equal(t, 2+2*3, d.styles["stroke:var(--c1)"], "the line, its sample, and two whiskers with their ends")
	for style := range d.styles {
		assert.False(t, strings.Contains(style, "#") || strings.HasPrefix(style, "font-family"), style)
	}
	assert.Equal(t, results.Table{Texts: 1, Head: []string{"clients", `pool "4"`, "troupe", "must", "aim"}, Rows: [][]string{
		{"1", "1,000 (900 to 1,100)", "900 (810 to 990)", "–", "–"},
		{"64", "2,000 (1,800 to 2,200)", "6,000 (5,400 to 6,600)", "5,000", "9,000"},
	}}, c.Table())
}

func TestLinesOfHardNumbers(t *testing.T) {
	for name, points := range map[string][]chart.Point{
		"none": nil, "one": {at(1, 1)}, "zero": {{X: 0}}, "the same": {at(3, 5), at(4, 5)}, "below zero": {{X: -3, Spread: results.Spread{Low: -5, Median: -1, High: 2}}},
		"small": {at(1, 1e-9), at(2, 2e-9)}, "huge": {at(1e12, 1e15), at(1, 1)},
	} {
		for _, log := range []bool{true, false} {
			c := &chart.Lines{Format: results.P99.Format, Log: log, Series: []chart.Series{{Name: "s", Points: points}}}
			for _, text := range drawn(t, c).texts {
				assert.NotContains(t, text, "NaN", name)
			}
		}
	}
}

func TestLogarithmicTicks(t *testing.T) {
	c := &chart.Lines{Format: results.P99.Format, Log: true, Series: []chart.Series{{Points: []chart.Point{at(1, 1e-4), at(2, 1e-2)}}}}
	texts := drawn(t, c).texts
	for _, want := range []string{"100 µs", "1 ms", "2 ms", "5 ms", "10 ms"} {
		assert.Contains(t, texts, want)
	}
}

func TestBars(t *testing.T) {
	one := func(value float64) []results.Spread {
		return []results.Spread{{Low: value / 2, Median: value, High: value * 2}}
	}
	c := &chart.Bars{Text: chart.Text{X: "memory"}, Format: results.Memory.Format, Bytes: true, Rows: []chart.Row{
		{Name: "loop", Parts: one(3 << 20)}, {Name: "troupe", Variant: 1, Parts: one(1 << 20), Goal: true, Must: 8 << 20, Aim: 2 << 20},
	}}
	d := drawn(t, c)
	for _, text := range []string{"memory", "loop", "troupe", "must", "aim", "0 B", "4 MiB", "8 MiB"} {
		assert.Contains(t, d.texts, text)
	}
	assert.Equal(t, 1, d.styles["fill:var(--c1)"])
	assert.Equal(t, 1, d.styles["fill:var(--c2)"])
	assert.Equal(t, 2, d.styles["stroke:var(--c11)"], "the goal and its sample")
	assert.Equal(t, 2*3, d.styles["stroke-width:1.25"], "whiskers with their ends")
	assert.Equal(t, results.Table{Texts: 1, Head: []string{"variant", "memory", "must", "aim"}, Rows: [][]string{
		{"loop", "3.00 MiB (1.50 MiB to 6.00 MiB)", "", ""}, {"troupe", "1.00 MiB (512 KiB to 2.00 MiB)", "8 MiB", "2 MiB"},
	}}, c.Table())
}

func TestBarsOfParts(t *testing.T) {
	value := func(v float64) results.Spread { return results.Spread{Low: v, Median: v, High: v} }
	c := &chart.Bars{Format: results.ClientCPU.Format, Parts: []string{"client", "server"}, Rows: []chart.Row{
		{Name: "loop", Parts: []results.Spread{value(1e-6), value(3e-6)}}, {Name: "troupe", Variant: 5, Parts: []results.Spread{value(2e-6), value(0)}},
	}}
	d := drawn(t, c)
	assert.Zero(t, d.styles["stroke-width:1.25"], "no whiskers")
	assert.Contains(t, d.texts, "4 µs", "the axis has room for both parts")
	assert.Equal(t, 3, d.styles["fill:var(--c1)"], "two bars and the sample: colours are the parts', not the variants'")
	assert.Equal(t, [][]string{{"loop", "1.00 µs", "3.00 µs"}, {"troupe", "2.00 µs", "0"}}, c.Table().Rows)
}

func TestNamesThatAreHard(t *testing.T) {
	for name, want := range map[string]string{
		"fill:#000001": "fill:#000001", `" style="x`: `" style="x`, "a\nb": "a b", "\x1b": "\ufffd", strings.Repeat("x", 60): strings.Repeat("x", 47) + "…",
	} {
		c := &chart.Bars{Text: chart.Text{Title: name, Description: name}, Format: results.FormatRatio, Rows: []chart.Row{{Name: name, Parts: make([]results.Spread, 1)}}}
		assert.Contains(t, drawn(t, c).texts, want, "%q", name)
	}
}

func TestStyle(t *testing.T) {
	style := chart.Style()
	for pen := 1; pen <= 12; pen++ {
		assert.Equal(t, 2, strings.Count(style, fmt.Sprintf("--c%d:", pen)), "light and dark")
	}
}
