package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/troupedb/troupe/bench/results"
)

// Bars is a chart of bars that lie one below the other, from 0.
type Bars struct {
	Text
	// Format writes a value.
	Format func(float64) string
	// Bytes says that bytes are counted: the axis is marked at multiples of 1,024.
	Bytes bool
	// Parts names what a bar is put together from, if it is more than one thing.
	Parts []string
	Rows  []Row
}

// Row is a bar.
type Row struct {
	Name string
	// Variant is whose it is. A bar of one part has its colour.
	Variant int
	// Parts are the medians of what the bar is put together from, none below 0. One alone has whiskers.
	Parts []results.Spread
	// Must and Aim are a goal's bounds, if Goal.
	Goal      bool
	Must, Aim float64
}

const (
	rowHeight = vg.Length(20)
	barWidth  = vg.Length(12)
)

// SVG implements Chart.
func (c *Bars) SVG(id string) (string, error) {
	p := newPlot(c.Text)
	lines := plotter.NewGrid()
	lines.Vertical.Color, lines.Horizontal.Color = grid.colour(), nil
	p.Add(lines)
	names := make([]string, len(c.Rows))
	right := 0.0
	parts := map[int]plot.Thumbnailer{}
	for i, row := range c.Rows {
		at := len(c.Rows) - 1 - i // the first on top
		names[at] = label(row.Name)
		end, err := c.bar(p, row, at, parts)
		if err != nil {
			return "", err
		}
		right = max(right, end)
	}
	goals, err := c.goals(p)
	if err != nil {
		return "", err
	}
	legend := goals
	if len(c.Parts) > 1 {
		for i, name := range c.Parts {
			if parts[i] != nil {
				p.Legend.Add(label(name), parts[i])
				legend++
			}
		}
	}
	p.NominalY(names...)
	p.Y.Min, p.Y.Max = -0.5, float64(len(c.Rows))-0.5
	p.X.Min, p.X.Max = min(p.X.Min, 0), max(right, p.X.Max)*1.05
	if p.X.Max <= p.X.Min {
		p.X.Max = p.X.Min + 1
	}
	p.X.Tick.Marker = linear(c.Format, c.Bytes)
	return svg(p, c.Text, id, rowHeight*vg.Length(len(c.Rows))+52, legend)
}

// bar draws a row and returns where it ends.
func (c *Bars) bar(p *plot.Plot, row Row, at int, parts map[int]plot.Thumbnailer) (end float64, err error) {
	var below *plotter.BarChart
	for i, part := range row.Parts {
		bar, err := plotter.NewBarChart(plotter.Values{part.Median}, barWidth)
		if err != nil {
			return 0, err
		}
		bar.Horizontal, bar.XMin, bar.LineStyle.Width = true, float64(at), 0
		bar.Color = variant(row.Variant).colour()
		if len(c.Parts) > 1 {
			bar.Color = variant(i).colour()
			parts[i] = bar
		}
		if below != nil {
			bar.StackOn(below)
		}
		p.Add(bar)
		below, end = bar, end+part.Median
	}
	if len(row.Parts) != 1 {
		return end, nil
	}
	s := row.Parts[0]
	whisker, err := plotter.NewXErrorBars(struct {
		plotter.XYs
		plotter.XErrors
	}{plotter.XYs{{X: s.Median, Y: float64(at)}}, plotter.XErrors{{Low: s.Median - s.Low, High: s.High - s.Median}}})
	if err != nil {
		return 0, err
	}
	whisker.Color, whisker.Width = ink.colour(), 1.25
	p.Add(whisker)
	return s.High, nil
}

// goals draws a stroke across each bar that has a goal, and returns how many kinds of strokes there are.
func (c *Bars) goals(p *plot.Plot) (kinds int, err error) {
	for _, bound := range []Bound{{Name: "must"}, {Name: "aim", Aim: true}} {
		var sample *plotter.Line
		for i, row := range c.Rows {
			if !row.Goal {
				continue
			}
			x, y := row.Must, float64(len(c.Rows)-1-i)
			if bound.Aim {
				x = row.Aim
			}
			if sample, err = plotter.NewLine(plotter.XYs{{X: x, Y: y - 0.5}, {X: x, Y: y + 0.5}}); err != nil {
				return 0, err
			}
			sample.LineStyle = draw.LineStyle{Color: bound.style().Color, Width: 2.5, Dashes: bound.style().Dashes}
			p.Add(sample)
		}
		if sample != nil {
			p.Legend.Add(bound.Name, sample)
			kinds++
		}
	}
	return kinds, nil
}

// Table implements Chart.
func (c *Bars) Table() results.Table {
	t := results.Table{Texts: 1, Head: []string{"variant"}}
	t.Head = append(t.Head, c.Parts...)
	if len(c.Parts) == 0 {
		t.Head = append(t.Head, c.X)
	}
	goals := false
	for _, row := range c.Rows {
		goals = goals || row.Goal
	}
	if goals {
		t.Head = append(t.Head, "must", "aim")
	}
	for _, row := range c.Rows {
		cells := []string{row.Name}
		for _, part := range row.Parts {
			cells = append(cells, part.Format(c.Format))
		}
		switch {
		case row.Goal:
			cells = append(cells, short(c.Format(row.Must)), short(c.Format(row.Aim)))
		case goals:
			cells = append(cells, "", "")
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
