package chart

import (
	"math"
	"strings"

	"gonum.org/v1/plot"
)

// linear marks an axis as the library does, with our way to write numbers; where it is bytes that are counted, at multiples of their units.
func linear(format func(float64) string, bytes bool) plot.Ticker {
	return plot.TickerFunc(func(low, high float64) []plot.Tick {
		unit := 1.0
		for bytes && unit*1024 <= high {
			unit *= 1024
		}
		ticks := plot.DefaultTicks{}.Ticks(low/unit, high/unit)
		for i := range ticks {
			ticks[i].Value *= unit
			if ticks[i].Label != "" {
				ticks[i].Label = short(format(rounded(ticks[i].Value)))
			}
		}
		return ticks
	})
}

// rounded takes away what adding up steps has left: 0.30000000000000004.
func rounded(value float64) float64 {
	if math.Abs(value) < 1e-12 {
		return 0
	}
	return value
}

// decades marks a logarithmic axis at 1, 2 and 5 and their tens.
func decades(format func(float64) string) plot.Ticker {
	return plot.TickerFunc(func(low, high float64) []plot.Tick {
		var ticks []plot.Tick
		for exponent := math.Floor(math.Log10(low)); exponent <= math.Ceil(math.Log10(high)); exponent++ {
			for _, digit := range []float64{1, 2, 5} {
				if value := digit * math.Pow(10, exponent); value >= low && value <= high {
					ticks = append(ticks, plot.Tick{Value: value, Label: short(format(value))})
				}
			}
		}
		return ticks
	})
}

// places marks an axis at the given places only.
func places(values []float64, format func(float64) string) plot.Ticker {
	ticks := make([]plot.Tick, 0, len(values))
	for _, value := range values {
		ticks = append(ticks, plot.Tick{Value: value, Label: format(value)})
	}
	return plot.ConstantTicks(ticks)
}

// short leaves out the zeros at the end of a number's fraction.
func short(text string) string {
	number, unit, _ := strings.Cut(text, " ")
	if strings.Contains(number, ".") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return strings.TrimSpace(number + " " + unit)
}
