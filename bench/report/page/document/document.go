package document

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode"

	"github.com/troupedb/troupe/bench/report/page/chart"
	"github.com/troupedb/troupe/bench/results"
)

//go:embed page.html
var source string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"words": func(t results.Table, column int) bool { return column < t.Texts },
	"mark":  func(cell string) string { return marks[results.Mark(cell)] },
	"table": func(caption string, t results.Table) captioned { return captioned{caption, t} },
}).Parse(source))

// marks are the classes of verdicts.
var marks = map[results.Mark]string{
	results.AimReached: "aim", results.MustReached: "must", results.Missed: "missed", results.Unmeasured: "unmeasured",
}

// mostTitles is how many sentences say what a section's experiments do. Where there are more, as of a suite's tests, the first says it for all.
const mostTitles = 8

type captioned struct {
	Caption string
	results.Table
}

type section struct {
	results.Section
	ID      string
	Says    []string
	Figures []figure
	Skipped []string
}

type figure struct {
	SVG     template.HTML
	Caption string
	Table   results.Table
}

// Write writes the page of a run that passes its Check. It makes all of it before it writes anything.
func Write(w io.Writer, run *results.Run) error {
	var sections []section
	for i, s := range run.Sections() {
		drawn, err := draw(s, fmt.Sprintf("s%d", i+1))
		if err != nil {
			return err
		}
		sections = append(sections, drawn)
	}
	var text strings.Builder
	if err := page.Execute(&text, map[string]any{
		"Run": run, "Sections": sections, "Style": template.CSS(chart.Style()), // no name of the run is in it
	}); err != nil {
		return err
	}
	_, err := io.WriteString(w, strings.Map(allowed, text.String()))
	return err
}

// allowed replaces what a page mustn't have, such as a terminal's colours in the reason why something was skipped.
func allowed(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff {
		return unicode.ReplacementChar
	}
	return r
}

func draw(s results.Section, id string) (section, error) {
	drawn := section{Section: s, ID: id, Says: s.Titles()}
	if len(drawn.Says) > mostTitles {
		drawn.Says = drawn.Says[:1]
	}
	for i, c := range charts(s) {
		svg, err := c.SVG(fmt.Sprintf("%s-c%d", id, i+1))
		if err != nil {
			return section{}, fmt.Errorf("chart %q: %w", c.Name(), err)
		}
		drawn.Figures = append(drawn.Figures, figure{template.HTML(svg), c.Name(), c.Table()}) // chart has escaped the names
	}
	reasons, names := s.Skipped()
	for _, reason := range reasons {
		drawn.Skipped = append(drawn.Skipped, strings.Join(names[reason], ", ")+": "+reason)
	}
	return drawn, nil
}
