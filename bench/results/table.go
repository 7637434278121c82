package results

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Table is text in rows, each as long as the head.
type Table struct {
	// Texts is how many columns on the left are words; the others are numbers.
	Texts int
	Head  []string
	Rows  [][]string
}

// Table returns what a section measured: a row for each variant, a column for each figure that any of them has. Figures are medians of the rounds, and the ratio
// to the experiment's first variant has its quartiles in brackets. What a variant hasn't measured is a dash.
func (s Section) Table() Table {
	t := Table{Texts: 1, Head: []string{"variant"}}
	several := s.Grouped() || len(s.Experiments) > 1
	switch {
	case s.Grouped():
		t.Texts, t.Head = 2, []string{s.Experiments[0].XLabel, "variant"}
	case several:
		t.Texts, t.Head = 2, []string{"experiment", "variant"}
	}
	var columns []Figure
	for _, f := range []Figure{Rate, P50, P99, ClientCPU, ServerCPU, Allocs, Memory, MemoryEach} {
		if s.Has(f) {
			columns = append(columns, f)
			t.Head = append(t.Head, f.Column(s.Unit()))
			if f == Rate {
				t.Head = append(t.Head, "× "+s.Baseline())
			}
		}
	}
	for _, e := range s.Experiments {
		for i := range e.Variants {
			v := &e.Variants[i]
			row := []string{v.Name}
			if several {
				row = []string{s.Label(e), v.Name}
			}
			for _, f := range columns {
				row = append(row, orNothing(v.Values(f))(func(s Spread) string { return f.Format(s.Median) }))
				if f == Rate {
					row = append(row, orNothing(e.Ratio(v.Name, e.Variants[0].Name, Rate))(func(s Spread) string {
						if i == 0 {
							return "1"
						}
						return s.Format(FormatRatio)
					}))
				}
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// GoalsTable returns what became of all goals.
func (r *Run) GoalsTable() Table {
	t := Table{Texts: 2, Head: []string{"experiment", "goal", "must", "aim", "measured", "verdict"}}
	for _, v := range r.Verdicts() {
		measured := nothing
		if v.Mark != Unmeasured {
			measured = v.Measured.Format(v.Goal.Format)
		}
		t.Rows = append(t.Rows, []string{
			v.Experiment.Name, v.Goal.Says(), v.Goal.Bound(v.Goal.Must), v.Goal.Bound(v.Goal.Aim), measured, string(v.Mark),
		})
	}
	return t
}

// Says says what the goal is about: "rate of troupe, × pgxpool".
func (g Goal) Says() string {
	name, _, _ := strings.Cut(g.Figure.Title(), ",")
	text := name + " of " + g.Variant
	switch {
	case g.IsRatio():
		text += ", × " + g.Baseline
	case g.Baseline != "":
		text += " beyond " + g.Baseline + "'s"
	}
	return text
}

// Tally says how many goals were reached.
func (r *Run) Tally() string {
	count := map[Mark]int{}
	verdicts := r.Verdicts()
	for _, v := range verdicts {
		count[v.Mark]++
	}
	return fmt.Sprintf("Goals reached: %d of %d, with what was aimed at: %d, missed: %d, not measured: %d.",
		count[AimReached]+count[MustReached], len(verdicts), count[AimReached], count[Missed], count[Unmeasured])
}

// Says says where and when the run was made, in a sentence.
func (r *Run) Says() string {
	m := r.Machine
	parts := []string{fmt.Sprintf("Measured on %s on %d cores (%s, %s)", r.When.UTC().Format(time.DateOnly), m.Cores, m.CPU, m.OS), m.Go}
	for _, part := range []struct{ name, version string }{{"PostgreSQL", m.PostgreSQL}, {"SQLite", m.SQLite}, {"commit", m.Commit}} {
		if part.version != "" {
			parts = append(parts, part.name+" "+part.version)
		}
	}
	return strings.Join(parts, ", ") + "."
}

// FormatX writes a place on the X axis: "1,000".
func FormatX(x float64) string { return grouped(strconv.FormatFloat(x, 'f', -1, 64)) }

// Column names a figure in the head of a table or on an axis, where a unit is counted: "calls/s", "client CPU/call".
func (f Figure) Column(unit string) string {
	switch f {
	case Rate:
		return unit + "/s"
	case ClientCPU, ServerCPU, Allocs, MemoryEach:
		return strings.TrimSuffix(f.Title(), " each") + "/" + One(unit)
	}
	return f.Title()
}

// One makes a singular: calls are counted by the call.
func One(unit string) string { return strings.TrimSuffix(unit, "s") }

// Format writes a median, and its quartiles in brackets unless they look the same.
func (s Spread) Format(one func(float64) string) string {
	median, low, high := one(s.Median), one(s.Low), one(s.High)
	if low == median && high == median {
		return median
	}
	return fmt.Sprintf("%s (%s to %s)", median, low, high)
}

func orNothing(s Spread, err error) func(write func(Spread) string) string {
	return func(write func(Spread) string) string {
		if err != nil {
			return nothing
		}
		return write(s)
	}
}

// Grouped reports whether the section is a group, so that its experiments have a place on an axis.
func (s Section) Grouped() bool { return s.Experiments[0].Group != "" }

// Unit names what the experiments count; "units" if they count different things.
func (s Section) Unit() string {
	if units := once(s.Experiments, func(e *Experiment) []string { return []string{e.Unit} }); len(units) == 1 {
		return units[0]
	}
	return "units"
}

// Baseline names the variant that ratios are to.
func (s Section) Baseline() string {
	name := ""
	for _, e := range s.Experiments {
		if len(e.Variants) == 0 {
			continue
		}
		if name != "" && name != e.Variants[0].Name {
			return "the first"
		}
		name = e.Variants[0].Name
	}
	return name
}
