package document

import (
	"fmt"

	"github.com/troupedb/troupe/bench/report/page/chart"
	"github.com/troupedb/troupe/bench/results"
)

// mostBars is how many bars a chart may have; a longer list is a table only.
const mostBars = 64

// plan is a section on its way to charts.
type plan struct {
	results.Section
	places map[string]int // of variants: their colours
	axis   bool           // whether there is more than one X
}

// charts returns what is worth a picture.
func charts(s results.Section) []chart.Chart {
	p := plan{s, map[string]int{}, s.Grouped() && len(s.Experiments) > 1}
	for i, name := range s.Variants() {
		p.places[name] = i
	}
	var all []chart.Chart
	add := func(c chart.Chart, worth bool) {
		if worth {
			all = append(all, c)
		}
	}
	if s.Has(results.Rate) {
		add(p.values(results.Rate))
	}
	for _, key := range p.ratios() {
		add(p.ratio(key))
	}
	for _, f := range []results.Figure{results.P50, results.P99} {
		if s.Has(f) {
			add(p.values(f))
		}
	}
	if s.Has(results.ClientCPU) || s.Has(results.ServerCPU) {
		add(p.processors())
	}
	for _, f := range []results.Figure{results.Memory, results.MemoryEach} {
		if s.Has(f) {
			add(p.bars(f, p.text(f.Title(), "", f.Title())))
		}
	}
	return all
}

// text returns what a chart of the section says; x is empty for a group's own axis.
func (p plan) text(title, x, y string) chart.Text {
	t := chart.Text{Title: p.Name + ": " + title, X: y}
	over := "by variant"
	if p.axis && x == "" {
		t.X, t.Y = p.Experiments[0].XLabel, y
		over = "over " + t.X
	}
	t.Description = fmt.Sprintf("%s %s, medians with quartiles. The table beside has the same figures.", title, over)
	return t
}

// values draws a figure of all variants over the axis, if there is one. Latencies differ by so much that their axis is logarithmic.
func (p plan) values(f results.Figure) (chart.Chart, bool) {
	title := f.Column(p.Unit())
	if f != results.Rate {
		title += " of a call"
	}
	text := p.text(title, "", title)
	if !p.axis {
		return p.bars(f, text)
	}
	c := &chart.Lines{Text: text, Format: f.Format, Log: f != results.Rate}
	p.each(func(e *results.Experiment, v *results.Variant) {
		if s, err := v.Values(f); err == nil {
			c.Series = p.extend(c.Series, v.Name, chart.Point{X: e.X, Spread: s})
		}
	})
	return c, len(c.Series) > 0
}

// bars are values without an axis of their own for X. A goal for such a value is drawn too.
func (p plan) bars(f results.Figure, text chart.Text) (chart.Chart, bool) {
	text.X, text.Y = text.Title[len(p.Name)+2:], ""
	c := &chart.Bars{Text: text, Format: f.Format, Bytes: f == results.Memory || f == results.MemoryEach}
	p.each(func(e *results.Experiment, v *results.Variant) {
		s, err := v.Values(f)
		if err != nil {
			return
		}
		row := chart.Row{Name: p.row(e, v), Variant: p.places[v.Name], Parts: []results.Spread{s}}
		for _, g := range e.Goals {
			if g.Variant == v.Name && g.Figure == f && g.Baseline == "" {
				row.Goal, row.Must, row.Aim = true, g.Must, g.Aim
			}
		}
		c.Rows = append(c.Rows, row)
	})
	return c, len(c.Rows) > 0 && len(c.Rows) <= mostBars
}

// processors are bars of two parts: what the client and what the server needed.
func (p plan) processors() (chart.Chart, bool) {
	title := "processor time/" + results.One(p.Unit())
	c := &chart.Bars{Text: p.text(title, title, title), Format: results.ClientCPU.Format, Parts: []string{"client", "server"}}
	p.each(func(e *results.Experiment, v *results.Variant) {
		client, err := v.Values(results.ClientCPU)
		server, none := v.Values(results.ServerCPU)
		if err == nil || none == nil {
			c.Rows = append(c.Rows, chart.Row{Name: p.row(e, v), Variant: p.places[v.Name], Parts: []results.Spread{client, server}})
		}
	})
	return c, len(c.Rows) > 0 && len(c.Rows) <= mostBars
}

// each calls do for all variants of all experiments.
func (p plan) each(do func(e *results.Experiment, v *results.Variant)) {
	for _, e := range p.Experiments {
		for i := range e.Variants {
			do(e, &e.Variants[i])
		}
	}
}

// row names a bar.
func (p plan) row(e *results.Experiment, v *results.Variant) string {
	if at := p.Label(e); len(p.Experiments) > 1 && at != "" {
		return at + " · " + v.Name
	}
	return v.Name
}

// extend adds a point to the variant's line.
func (p plan) extend(lines []chart.Series, name string, at chart.Point) []chart.Series {
	for i := range lines {
		if lines[i].Name == name {
			lines[i].Points = append(lines[i].Points, at)
			return lines
		}
	}
	return append(lines, chart.Series{Name: name, Variant: p.places[name], Points: []chart.Point{at}})
}
