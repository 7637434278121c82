package results

import "fmt"

// Mark is how far a goal was reached.
type Mark string

// The marks.
const (
	AimReached  Mark = "aim reached"
	MustReached Mark = "reached"
	Missed      Mark = "missed"
	Unmeasured  Mark = "not measured"
)

// Verdict is what became of a goal.
type Verdict struct {
	Experiment *Experiment
	Goal       Goal
	// Measured is what the goal asks for, a ratio or a value. Its median decides; it is zero if Mark is Unmeasured.
	Measured Spread
	Mark     Mark
}

// Verdicts returns what became of all goals, in order.
func (r *Run) Verdicts() []Verdict {
	var all []Verdict
	for i := range r.Experiments {
		e := &r.Experiments[i]
		for _, g := range e.Goals {
			all = append(all, e.Judge(g))
		}
	}
	return all
}

// Judge returns what became of a goal of the experiment.
func (e *Experiment) Judge(g Goal) Verdict {
	v := Verdict{Experiment: e, Goal: g}
	measured, err := e.Reached(g)
	if err != nil {
		v.Mark = Unmeasured
		return v
	}
	v.Measured = measured
	switch {
	case g.Met(measured.Median, g.Aim):
		v.Mark = AimReached
	case g.Met(measured.Median, g.Must):
		v.Mark = MustReached
	default:
		v.Mark = Missed
	}
	return v
}

// Reached returns what a goal asks for as it was measured: the spread of a ratio or of a value; ErrNotMeasured if it wasn't.
func (e *Experiment) Reached(g Goal) (Spread, error) {
	v := e.Variant(g.Variant)
	switch {
	case e.Skipped != "":
		return Spread{}, fmt.Errorf("%s was skipped, %s: %w", e.Name, e.Skipped, ErrNotMeasured)
	case v == nil:
		return Spread{}, fmt.Errorf("%s: %s: %w", e.Name, g.Variant, ErrNotMeasured)
	case g.Baseline == "":
		return v.Values(g.Figure)
	case g.Figure == Own:
		return e.paired(g.Variant, g.Baseline, Own, func(v, base float64) (float64, bool) { return v - base, true })
	}
	return e.Ratio(g.Variant, g.Baseline, g.Figure)
}

// Met reports whether a median reaches a bound of the goal.
func (g Goal) Met(median, bound float64) bool {
	if g.Figure == Rate {
		return median >= bound
	}
	return median <= bound
}
