package results

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// ErrInvalid says that a run contradicts itself.
var ErrInvalid = errors.New("invalid results")

var figures = []Figure{Rate, P50, P99, ClientCPU, ServerCPU, Allocs, Memory, MemoryEach, Own}

// Check returns what is wrong with a run, as an ErrInvalid that names each place; nil if nothing is. Names are unique; an experiment's variants
// have equally many rounds, or none; goals name variants and figures that exist, and aim at no less than they must; a group has one unit
// and one label, and each X once.
func (r *Run) Check() error {
	var problems []error
	report := func(name, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%w: experiment %q: %s", ErrInvalid, name, fmt.Sprintf(format, args...)))
	}
	names, groups := map[string]bool{}, map[string]*Experiment{}
	for i := range r.Experiments {
		e := &r.Experiments[i]
		problem := func(format string, args ...any) { report(e.Name, format, args...) }
		if e.Name == "" || names[e.Name] {
			problem("its name is empty or another's too")
		}
		names[e.Name] = true
		switch first := groups[e.Group]; {
		case e.Group == "":
		case first == nil:
			groups[e.Group] = e
		case first.Unit != e.Unit || first.XLabel != e.XLabel:
			problem("its unit or its label of X isn't that of %q in the same group", first.Name)
		}
		e.check(problem)
	}
	for i := range r.Experiments {
		e := &r.Experiments[i]
		begin, _, _ := strings.Cut(e.Name, "/")
		if groups[e.Name] != nil || e.Group == "" && groups[begin] != nil {
			report(e.Name, "its name, or what stands before its slash, is a group's that it isn't in")
		}
	}
	for _, s := range r.Sections() {
		for i := 1; s.Grouped() && i < len(s.Experiments); i++ {
			if s.Experiments[i].X == s.Experiments[i-1].X {
				report(s.Experiments[i].Name, "%q has the same X", s.Experiments[i-1].Name)
			}
		}
	}
	return errors.Join(problems...)
}

func (e *Experiment) check(problem func(format string, args ...any)) {
	if !finite(e.X) {
		problem("its X isn't a number")
	}
	if e.Skipped == "" && len(e.Variants) == 0 {
		problem("it has no variants, and doesn't say why")
	}
	rounds := 0
	names := map[string]bool{}
	for _, v := range e.Variants {
		if v.Name == "" || names[v.Name] {
			problem("the name of variant %q is empty or another's too", v.Name)
		}
		names[v.Name] = true
		if len(v.Rounds) > 0 && rounds > 0 && len(v.Rounds) != rounds {
			problem("variant %q has %d rounds, others have %d", v.Name, len(v.Rounds), rounds)
		}
		rounds = max(rounds, len(v.Rounds))
		for i, r := range v.Rounds {
			if r.Count < 0 || r.PeakRSS < 0 || min(r.Wall, r.P50, r.P99, r.ClientCPU, r.ServerCPU) < 0 {
				problem("round %d of variant %q has a negative number", i+1, v.Name)
			}
		}
	}
	for _, g := range e.Goals {
		switch {
		case !slices.Contains(figures, g.Figure):
			problem("a goal has the figure %q, which there isn't", g.Figure)
		case !finite(g.Must) || !finite(g.Aim) || !g.Met(g.Aim, g.Must):
			problem("the goal for %s of %q aims at less than it must, or at no number", g.Figure, g.Variant)
		case e.Skipped == "" && (!names[g.Variant] || g.Baseline != "" && !names[g.Baseline]):
			problem("a goal compares %q with %q, and one of them isn't a variant", g.Variant, g.Baseline)
		}
	}
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
