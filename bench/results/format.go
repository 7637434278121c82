package results

import (
	"math"
	"strconv"
	"strings"
)

// nothing stands for a number that isn't one.
const nothing = "–"

// Title names a figure in a table's head.
func (f Figure) Title() string {
	switch f {
	case Rate:
		return "rate, /s"
	case P50:
		return "p50"
	case P99:
		return "p99"
	case ClientCPU:
		return "client CPU"
	case ServerCPU:
		return "server CPU"
	case Allocs:
		return "allocations"
	case Memory:
		return "peak memory"
	case MemoryEach:
		return "memory each"
	case Own:
		return "own time"
	}
	return string(f)
}

// Format writes a figure's value, with three digits that count and its unit: "12,300", "84.1 µs", "0.002", "1.50 MiB".
func (f Figure) Format(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nothing
	}
	switch f {
	case Rate, Allocs:
		return digits(value)
	case Memory, MemoryEach:
		if math.Abs(value) < 1<<10 {
			return strconv.FormatFloat(value, 'f', 0, 64) + " B"
		}
		return scaled(value, []unit{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}})
	}
	return scaled(value, []unit{{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}})
}

// FormatRatio writes a ratio: "0.97", "12.3".
func FormatRatio(ratio float64) string {
	switch size := math.Abs(ratio); {
	case math.IsNaN(ratio) || math.IsInf(ratio, 0):
		return nothing
	case size == 0 || size >= 10 || size < 0.095:
		return digits(ratio)
	}
	return strconv.FormatFloat(ratio, 'f', 2, 64)
}

// Format writes a median or a quartile of what the goal asks for.
func (g Goal) Format(value float64) string {
	if g.IsRatio() {
		return FormatRatio(value)
	}
	return g.Figure.Format(value)
}

// Bound writes Must or Aim as it was set.
func (g Goal) Bound(value float64) string {
	text := "≤ "
	if g.Figure == Rate {
		text = "≥ "
	}
	if g.IsRatio() {
		return text + strconv.FormatFloat(value, 'g', -1, 64)
	}
	number, unit, _ := strings.Cut(g.Figure.Format(value), " ")
	return text + strings.TrimSpace(trimmed(number)+" "+unit)
}

// IsRatio reports whether the goal asks for a ratio, rather than for a value.
func (g Goal) IsRatio() bool { return g.Baseline != "" && g.Figure != Own }

type unit struct {
	size float64
	name string
}

// scaled writes a value in the largest unit that it has one of, once rounded; in the smallest, if it has none.
func scaled(value float64, units []unit) string {
	if value == 0 {
		return "0"
	}
	for i, u := range units {
		if n := value / u.size; math.Abs(n) >= 0.9995 || i == len(units)-1 {
			return digits(n) + " " + u.name
		}
	}
	return nothing
}

// digits writes three digits that count, and commas between thousands.
func digits(value float64) string {
	if value == 0 {
		return "0"
	}
	exponent := int(math.Floor(math.Log10(math.Abs(value))))
	if math.Abs(value) >= 999.5*math.Pow10(exponent-2) { // it rounds up to the next
		exponent++
	}
	if exponent < -6 || exponent > 15 {
		return strconv.FormatFloat(value, 'g', 3, 64)
	}
	places := max(2-exponent, 0)
	if exponent > 2 { // thousands: what doesn't count is 0
		value = math.Round(value/math.Pow10(exponent-2)) * math.Pow10(exponent-2)
	}
	text := strconv.FormatFloat(value, 'f', places, 64)
	if exponent < 0 {
		text = trimmed(text)
	}
	return grouped(text)
}

// trimmed leaves out zeros at the end of a fraction.
func trimmed(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}

// grouped puts commas between the thousands of a whole number.
func grouped(text string) string {
	whole, fraction, found := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if found {
		fraction = "." + fraction
	}
	return sign + whole + fraction
}
