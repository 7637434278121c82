package results

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrNotMeasured says that a run has no figure to answer with: a variant is missing or has no rounds, or a system couldn't measure it.
var ErrNotMeasured = errors.New("not measured")

// Spread is a median with its quartiles.
type Spread struct {
	Low, Median, High float64 // in this order
}

// SpreadOf returns the spread of the values that are finite numbers, between the two next values in proportion; zero of none.
func SpreadOf(values []float64) Spread {
	sorted := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			sorted = append(sorted, v)
		}
	}
	if len(sorted) == 0 {
		return Spread{}
	}
	slices.Sort(sorted)
	s := Spread{quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)}
	return Spread{min(s.Low, s.Median), s.Median, max(s.High, s.Median)} // rounding may cost their order
}

func quantile(sorted []float64, q float64) float64 {
	whole, part := math.Modf(q * float64(len(sorted)-1))
	below, above := sorted[int(whole)], sorted[min(int(whole)+1, len(sorted)-1)]
	return min(max(below*(1-part)+above*part, below), above)
}

// Measured reports whether a round has the figure. No time, no memory and no units of work are not measured; no allocations are a figure.
func (r Round) Measured(f Figure) bool {
	if f == Memory {
		return r.PeakRSS > 0
	}
	return r.Count > 0 && r.Wall > 0 && (f == Allocs || r.Value(f) > 0)
}

// Value returns a round's figure: units per second, or seconds, bytes or counts per unit; 0 of what wasn't measured. Own has no value by
// itself: it is the wall time per unit.
func (r Round) Value(f Figure) float64 {
	if f == Memory {
		return float64(r.PeakRSS)
	}
	if r.Count <= 0 || r.Wall <= 0 {
		return 0
	}
	n := float64(r.Count)
	switch f {
	case Rate:
		return n / r.Wall.Seconds()
	case P50:
		return r.P50.Seconds()
	case P99:
		return r.P99.Seconds()
	case ClientCPU:
		return r.ClientCPU.Seconds() / n
	case ServerCPU:
		return r.ServerCPU.Seconds() / n
	case Allocs:
		return float64(r.Allocs) / n
	case Own:
		return r.Wall.Seconds() / n
	case MemoryEach:
		return float64(r.PeakRSS) / n
	}
	return 0
}

// Values returns the spread of a variant's figure over the rounds that measured it; ErrNotMeasured if none did.
func (v *Variant) Values(f Figure) (Spread, error) {
	values := make([]float64, 0, len(v.Rounds))
	for _, r := range v.Rounds {
		if r.Measured(f) {
			values = append(values, r.Value(f))
		}
	}
	if len(values) == 0 {
		return Spread{}, fmt.Errorf("%s of %s: %w", f, v.Name, ErrNotMeasured)
	}
	return SpreadOf(values), nil
}

// Variant returns the variant of that name; nil if there is none.
func (e *Experiment) Variant(name string) *Variant {
	for i := range e.Variants {
		if e.Variants[i].Name == name {
			return &e.Variants[i]
		}
	}
	return nil
}

// Ratio returns the spread of a variant's figure, divided by the baseline's in the same round. Rounds that measured one of them only, and
// those where the baseline is zero, have no ratio; ErrNotMeasured if none has.
func (e *Experiment) Ratio(variant, baseline string, f Figure) (Spread, error) {
	return e.paired(variant, baseline, f, func(v, base float64) (float64, bool) { return v / base, base > 0 })
}

// paired returns the spread of what of makes of the figures of two variants in the same rounds.
func (e *Experiment) paired(variant, baseline string, f Figure, of func(v, base float64) (float64, bool)) (Spread, error) {
	v, base := e.Variant(variant), e.Variant(baseline)
	if v == nil || base == nil {
		return Spread{}, fmt.Errorf("%s: %s against %s: %w", e.Name, variant, baseline, ErrNotMeasured)
	}
	var values []float64
	for i := range min(len(v.Rounds), len(base.Rounds)) {
		if a, b := v.Rounds[i], base.Rounds[i]; a.Measured(f) && b.Measured(f) {
			if value, ok := of(a.Value(f), b.Value(f)); ok {
				values = append(values, value)
			}
		}
	}
	if len(values) == 0 {
		return Spread{}, fmt.Errorf("%s: %s of %s against %s: %w", e.Name, f, variant, baseline, ErrNotMeasured)
	}
	return SpreadOf(values), nil
}
