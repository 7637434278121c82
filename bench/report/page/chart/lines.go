package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/troupedb/troupe/bench/results"
)

// Lines is a chart over an axis: medians joined by lines, with whiskers from quartile to quartile.
type Lines struct {
	Text
	// Format writes a value.
	Format func(float64) string
	// Log makes the axis of values logarithmic; then all are above 0. Otherwise it begins at 0.
	Log    bool
	Series []Series
	// Bounds are goals: of their spreads only the medians are shown.
	Bounds []Bound
}

// Series is a line.
type Series struct {
	Name string
	// Variant is whose it is: the same number has the same colour in all charts.
	Variant int
	Points  []Point
}

// Point is a place on a line.
type Point struct {
	X float64
	results.Spread
}

// Bound is a goal's Must or Aim where it holds.
type Bound struct {
	Name   string
	Aim    bool
	Points []Point
}

var (
	glyphs = []draw.GlyphDrawer{
		draw.CircleGlyph{}, draw.SquareGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.BoxGlyph{}, draw.TriangleGlyph{}, draw.PlusGlyph{}, draw.CrossGlyph{},
	}
	dashed = []vg.Length{6, 3}
	dotted = []vg.Length{2, 3}
)

// SVG implements Chart.
func (c *Lines) SVG(id string) (string, error) {
	p := newPlot(c.Text)
	lines := plotter.NewGrid()
	lines.Vertical.Color, lines.Horizontal.Color = grid.colour(), grid.colour()
	p.Add(lines)
	var xs, ys []float64
	for _, s := range c.Series {
		for _, point := range s.Points {
			xs, ys = append(xs, point.X), append(ys, point.Low, point.High)
		}
		if err := s.draw(p); err != nil {
			return "", err
		}
	}
	for _, b := range c.Bounds {
		for _, point := range b.Points {
			ys = append(ys, point.Median)
		}
		if err := b.draw(p); err != nil {
			return "", err
		}
	}
	c.scale(p, xs, ys)
	return svg(p, c.Text, id, 320, len(c.Series)+len(c.Bounds))
}

// scale sets the axes' ends with some room around what is shown.
func (c *Lines) scale(p *plot.Plot, xs, ys []float64) {
	if len(xs) == 0 {
		xs, ys = []float64{1}, []float64{1}
	}
	left, right := slices.Min(xs), slices.Max(xs)
	slices.Sort(xs)
	p.X.Tick.Marker = places(slices.Compact(xs), results.FormatX)
	if left > 0 && right/left >= 8 {
		p.X.Scale = plot.LogScale{}
		p.X.Min, p.X.Max = left/1.2, right*1.2
	} else {
		room := max(right-left, 1) * 0.05
		p.X.Min, p.X.Max = left-room, right+room
	}
	low, high := slices.Min(ys), slices.Max(ys)
	if c.Log && low > 0 {
		p.Y.Scale = plot.LogScale{}
		p.Y.Tick.Marker = decades(c.Format)
		p.Y.Min, p.Y.Max = low/1.3, high*1.3
		return
	}
	p.Y.Tick.Marker = linear(c.Format, false)
	p.Y.Min, p.Y.Max = min(low, 0), max(high, 0)*1.05
	if p.Y.Min == p.Y.Max {
		p.Y.Max++
	}
}

func (s Series) draw(p *plot.Plot) error {
	points, spreads := make(plotter.XYs, 0, len(s.Points)), make(plotter.YErrors, 0, len(s.Points))
	for _, at := range s.Points {
		points = append(points, plotter.XY{X: at.X, Y: at.Median})
		spreads = append(spreads, struct{ Low, High float64 }{at.Median - at.Low, at.High - at.Median})
	}
	if len(points) == 0 {
		return nil
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	whiskers, err := plotter.NewYErrorBars(struct {
		plotter.XYs
		plotter.YErrors
	}{points, spreads})
	if err != nil {
		return err
	}
	colour := variant(s.Variant).colour()
	line.Color, dots.Color, whiskers.Color = colour, colour, colour
	line.Width, whiskers.Width, dots.Radius = 1.5, 1.25, 3.5
	dots.Shape = glyphs[s.Variant%len(glyphs)]
	if s.Variant >= variants {
		line.Dashes = dotted
	}
	p.Add(line, whiskers, dots)
	p.Legend.Add(label(s.Name), line, dots)
	return nil
}

func (b Bound) draw(p *plot.Plot) error {
	points := make(plotter.XYs, 0, len(b.Points))
	for _, at := range b.Points {
		points = append(points, plotter.XY{X: at.X, Y: at.Median})
	}
	if len(points) == 0 {
		return nil
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.LineStyle = b.style()
	dots.Color, dots.Shape, dots.Radius = line.Color, draw.PlusGlyph{}, 4
	p.Add(line, dots)
	p.Legend.Add(label(b.Name), line, dots)
	return nil
}

func (b Bound) style() draw.LineStyle {
	if b.Aim {
		return draw.LineStyle{Color: aim.colour(), Width: 1.5, Dashes: dotted}
	}
	return draw.LineStyle{Color: must.colour(), Width: 1.5, Dashes: dashed}
}

// Table implements Chart.
func (c *Lines) Table() results.Table {
	t := results.Table{Texts: 1, Head: []string{c.X}}
	var xs []float64
	columns := make([]map[float64]string, 0, len(c.Series)+len(c.Bounds))
	add := func(name string, points []Point, cell func(Point) string) {
		t.Head = append(t.Head, name)
		column := map[float64]string{}
		for _, at := range points {
			xs = append(xs, at.X)
			column[at.X] = cell(at)
		}
		columns = append(columns, column)
	}
	for _, s := range c.Series {
		add(s.Name, s.Points, func(at Point) string { return at.Format(c.Format) })
	}
	for _, b := range c.Bounds {
		add(b.Name, b.Points, func(at Point) string { return short(c.Format(at.Median)) })
	}
	slices.Sort(xs)
	for _, x := range slices.Compact(xs) {
		row := []string{results.FormatX(x)}
		for _, column := range columns {
			cell, found := column[x]
			if !found {
				cell = c.Format(math.NaN())
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
