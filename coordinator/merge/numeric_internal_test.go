package merge

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// FuzzNumericForm: whatever is read is written back as it was.
func FuzzNumericForm(f *testing.F) {
	for _, s := range []string{"0", "1", "-1.50", "10000", "0.0001", "99999999999999999999.0001", "1e300", "NaN", "inf"} {
		d, ok := parseNumeric(s)
		require.True(f, ok, s)
		f.Add(d.append(nil))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		d, ok := readNumeric(v)
		if !ok {
			return
		}
		form := d.append(nil)
		again, ok := readNumeric(form)
		require.True(t, ok)
		require.Equal(t, form, again.append(nil))
		require.Zero(t, d.compare(again))
		require.Equal(t, d.scale, again.scale)
	})
}

// TestSmallAndWideAgree: the fast path of numeric arithmetic gives what big integers give.
func TestSmallAndWideAgree(t *testing.T) {
	interesting := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-20, 20), rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, math.MinInt64 + 1, 1 << 32, 1e18}))
	rapid.Check(t, func(t *rapid.T) {
		draw := func() (small, wide numeric) {
			small = numeric{small: interesting.Draw(t, "value"), scale: rapid.Int32Range(0, 12).Draw(t, "scale")}
			return small, numeric{wide: small.coefficient(), scale: small.scale}
		}
		a, wideA := draw()
		b, wideB := draw()
		for _, op := range []byte("+-*/%") {
			x, err := numericArithmetic(op, a, b)
			y, wideErr := numericArithmetic(op, wideA, wideB)
			require.Equal(t, stateOf(err), stateOf(wideErr))
			require.Equal(t, x.append(nil), y.append(nil), string(op))
		}
		require.Equal(t, a.compare(b), wideA.compare(wideB))
	})
}
