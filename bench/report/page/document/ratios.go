package document

import (
	"slices"
	"strings"

	"github.com/troupedb/troupe/bench/report/page/chart"
	"github.com/troupedb/troupe/bench/results"
)

// ratioKey is what ratios of a chart have in common. An empty baseline is each experiment's first variant.
type ratioKey struct {
	figure   results.Figure
	baseline string
}

// ratios returns the charts of ratios that a section needs: rates to the first variant, and what its goals ask for.
func (p plan) ratios() []ratioKey {
	var keys []ratioKey
	if p.Has(results.Rate) && len(p.Variants()) > 1 {
		keys = append(keys, ratioKey{results.Rate, ""})
	}
	for _, e := range p.Experiments {
		for _, g := range e.Goals {
			if key := keyOf(e, g); g.IsRatio() && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

func keyOf(e *results.Experiment, g results.Goal) ratioKey {
	if g.Figure == results.Rate && len(e.Variants) > 0 && e.Variants[0].Name == g.Baseline {
		return ratioKey{g.Figure, ""}
	}
	return ratioKey{g.Figure, g.Baseline}
}

// ratio draws all variants' ratios to a baseline, and the goals for them. Of figures other than rates it draws only the variants that have goals.
func (p plan) ratio(key ratioKey) (chart.Chart, bool) {
	figure, _, _ := strings.Cut(key.figure.Title(), ",")
	baseline := key.baseline
	if baseline == "" {
		baseline = p.Baseline()
	}
	text := p.text(figure+", × "+baseline, "", figure+", × "+baseline)
	lines := &chart.Lines{Text: text, Format: results.FormatRatio}
	text.X, text.Y = text.Title[len(p.Name)+2:], ""
	bars := &chart.Bars{Text: text, Format: results.FormatRatio}
	bounds := map[string]*chart.Bound{}
	var names []string
	p.each(func(e *results.Experiment, v *results.Variant) {
		of := key.baseline
		if of == "" {
			of = e.Variants[0].Name
		}
		goal, found := goalOf(e, key, v.Name)
		if v.Name == of || key.figure != results.Rate && !found {
			return
		}
		spread, err := e.Ratio(v.Name, of, key.figure)
		if err != nil {
			return
		}
		lines.Series = p.extend(lines.Series, v.Name, chart.Point{X: e.X, Spread: spread})
		row := chart.Row{Name: p.row(e, v), Variant: p.places[v.Name], Parts: []results.Spread{spread}}
		if found {
			row.Goal, row.Must, row.Aim = true, goal.Must, goal.Aim
			for _, b := range []struct {
				kind  string
				value float64
			}{{"must", goal.Must}, {"aim", goal.Aim}} {
				name := b.kind + ", " + v.Name
				if bounds[name] == nil {
					bounds[name] = &chart.Bound{Name: name, Aim: b.kind == "aim"}
					names = append(names, name)
				}
				bounds[name].Points = append(bounds[name].Points, chart.Point{X: e.X, Spread: results.Spread{Median: b.value}})
			}
		}
		bars.Rows = append(bars.Rows, row)
	})
	for _, name := range names {
		lines.Bounds = append(lines.Bounds, *bounds[name])
	}
	if p.axis && slices.ContainsFunc(lines.Series, func(s chart.Series) bool { return len(s.Points) > 1 }) {
		return lines, true
	}
	return bars, len(bars.Rows) > 0 && len(bars.Rows) <= mostBars
}

func goalOf(e *results.Experiment, key ratioKey, variant string) (results.Goal, bool) {
	for _, g := range e.Goals {
		if g.Variant == variant && g.IsRatio() && keyOf(e, g) == key {
			return g, true
		}
	}
	return results.Goal{}, false
}
