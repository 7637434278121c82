package merge

import (
	"math"
	"math/big"
	"math/bits"
)

// numeric is a value of PostgreSQL's numeric: coefficient / 10^scale, or one of the values that aren't finite. Its arithmetic
// is exact, and its scales are those that PostgreSQL gives its results. It is immutable.
type numeric struct {
	small int64    // the coefficient, if wide is nil
	wide  *big.Int // a coefficient beyond an int64; never changed
	scale int32    // digits after the point
	class numericClass
}

// numericClass says whether a numeric is a number. The classes are in the order of the values.
type numericClass int8

const (
	numericMinusInfinity numericClass = iota - 1
	numericFinite
	numericInfinity
	numericNaN
)

// Bounds of numeric, as numeric.c has them.
const (
	minSignificantDigits = 16    // NUMERIC_MIN_SIG_DIGITS
	maxDisplayScale      = 1000  // NUMERIC_MAX_DISPLAY_SCALE
	maxScale             = 16383 // NUMERIC_DSCALE_MAX
	maxWholeDigits       = 131072
)

func numericOf(i int64) numeric { return numeric{small: i} }

// wideNumeric takes c, which isn't changed any more.
func wideNumeric(c *big.Int, scale int32) numeric {
	if c.IsInt64() {
		return numeric{small: c.Int64(), scale: scale}
	}
	return numeric{wide: c, scale: scale}
}

// coefficient returns the coefficient, which must not be changed.
func (d numeric) coefficient() *big.Int {
	if d.wide != nil {
		return d.wide
	}
	return big.NewInt(d.small)
}

// sign returns -1, 0 or 1; not for what isn't a number.
func (d numeric) sign() int {
	switch {
	case d.class != numericFinite:
		return int(d.class)
	case d.wide != nil:
		return d.wide.Sign()
	case d.small < 0:
		return -1
	case d.small > 0:
		return 1
	default:
		return 0
	}
}

// inRange returns d, or PostgreSQL's error if it has more digits before the point than a numeric can have.
func (d numeric) inRange() (numeric, error) {
	const bitsOfBound = 435400 // a little less than those of 10^131072
	if d.wide == nil || d.wide.BitLen()-int(float64(d.scale)*3.33) < bitsOfBound {
		return d, nil
	}
	if len(d.wide.Text(10))-int(d.scale)-max(0, -d.wide.Sign()) > maxWholeDigits {
		return d, outOfRange("value overflows numeric format")
	}
	return d, nil
}

// smallPowers are the powers of 10 that an int64 holds.
var smallPowers = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

func power10(n int) *big.Int {
	if n < len(smallPowers) {
		return big.NewInt(smallPowers[n])
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// multiplied returns a*b, and false if an int64 doesn't hold it.
func multiplied(a, b int64) (int64, bool) {
	if a == 0 || b == 0 {
		return 0, true
	}
	p := a * b
	if p/b != a || (a == -1 && b == math.MinInt64) || (b == -1 && a == math.MinInt64) {
		return 0, false
	}
	return p, true
}

// added returns a+b, and false if an int64 doesn't hold it.
func added(a, b int64) (int64, bool) {
	s := a + b
	return s, (s > a) == (b > 0)
}

// rescaled returns a finite d with scale digits after the point, which are no fewer than it has.
func (d numeric) rescaled(scale int32) numeric {
	by := int(scale - d.scale)
	if by == 0 {
		return d
	}
	if d.wide == nil {
		if d.small == 0 {
			return numeric{scale: scale}
		}
		if by < len(smallPowers) {
			if c, ok := multiplied(d.small, smallPowers[by]); ok {
				return numeric{small: c, scale: scale}
			}
		}
	}
	return numeric{wide: new(big.Int).Mul(d.coefficient(), power10(by)), scale: scale}
}

func aligned(a, b numeric) (numeric, numeric) {
	scale := max(a.scale, b.scale)
	return a.rescaled(scale), b.rescaled(scale)
}

func (d numeric) plus(e numeric) numeric {
	if d.class != numericFinite || e.class != numericFinite {
		switch {
		case d.class == numericNaN || e.class == numericNaN || d.class+e.class == 0:
			return numeric{class: numericNaN}
		case d.class != numericFinite:
			return numeric{class: d.class}
		default:
			return numeric{class: e.class}
		}
	}
	d, e = aligned(d, e)
	if d.wide == nil && e.wide == nil {
		if s, ok := added(d.small, e.small); ok {
			return numeric{small: s, scale: d.scale}
		}
	}
	return wideNumeric(new(big.Int).Add(d.coefficient(), e.coefficient()), d.scale)
}

func (d numeric) negated() numeric {
	switch {
	case d.class == numericNaN:
		return d
	case d.class != numericFinite:
		return numeric{class: -d.class}
	case d.wide == nil && d.small != math.MinInt64:
		return numeric{small: -d.small, scale: d.scale}
	default:
		return wideNumeric(new(big.Int).Neg(d.coefficient()), d.scale)
	}
}

func (d numeric) times(e numeric) numeric {
	if d.class != numericFinite || e.class != numericFinite {
		if d.class == numericNaN || e.class == numericNaN {
			return numeric{class: numericNaN}
		}
		return infinite(d.sign() * e.sign()) // 0 times infinity isn't a number
	}
	product := numeric{scale: d.scale + e.scale}
	var ok bool
	if d.wide == nil && e.wide == nil {
		product.small, ok = multiplied(d.small, e.small)
	}
	if !ok {
		product = wideNumeric(new(big.Int).Mul(d.coefficient(), e.coefficient()), product.scale)
	}
	if product.scale > maxScale {
		return wideNumeric(quotient(product.coefficient(), power10(int(product.scale-maxScale))), maxScale)
	}
	return product
}

func infinite(sign int) numeric {
	if sign == 0 {
		return numeric{class: numericNaN}
	}
	return numeric{class: numericClass(sign)}
}

// dividedBy divides with the scale and the rounding of PostgreSQL's operator.
func (d numeric) dividedBy(e numeric) (numeric, error) {
	switch {
	case d.class == numericNaN || e.class == numericNaN:
		return numeric{class: numericNaN}, nil
	case d.class != numericFinite && e.class != numericFinite:
		return numeric{class: numericNaN}, nil
	case e.class != numericFinite:
		return numeric{}, nil
	case e.sign() == 0:
		return numeric{}, divisionByZero()
	case d.class != numericFinite:
		return infinite(d.sign() * e.sign()), nil
	}
	scale := quotientScale(d, e)
	shift := int(scale - d.scale + e.scale)
	if d.wide == nil && e.wide == nil && shift >= 0 {
		if q, ok := smallQuotient(d.small, shift, e.small); ok {
			return numeric{small: q, scale: scale}, nil
		}
	}
	n, by := d.coefficient(), e.coefficient()
	if shift >= 0 {
		n = new(big.Int).Mul(n, power10(shift))
	} else {
		by = new(big.Int).Mul(by, power10(-shift))
	}
	return wideNumeric(quotient(n, by), scale), nil
}

// quotientScale is numeric.c's select_div_scale: at least 16 significant digits, and no fewer after the point than either has.
func quotientScale(d, e numeric) int32 {
	weight1, first1 := d.head()
	weight2, first2 := e.head()
	weight := weight1 - weight2
	if first1 <= first2 {
		weight--
	}
	scale := max(minSignificantDigits-4*weight, int(d.scale), int(e.scale), 0)
	return int32(min(scale, maxDisplayScale))
}

// head returns the first digit to the base 10,000 that isn't 0, and its weight; zeros for 0.
func (d numeric) head() (weight, first int) {
	if d.sign() == 0 {
		return 0, 0
	}
	var room [24]byte
	digits := d.digits(room[:0])
	top := len(digits) - 1 - int(d.scale) // the first digit stands for a multiple of 10^top
	weight = top >> 2
	for i := range top - 4*weight + 1 {
		first *= 10
		if i < len(digits) {
			first += int(digits[i] - '0')
		}
	}
	return weight, first
}

// smallQuotient returns n*10^shift/d, rounded half away from zero, and false if that takes more than 128 bits between and 64 after.
func smallQuotient(n int64, shift int, d int64) (int64, bool) {
	const most = len(smallPowers) - 1
	if shift > most {
		if shift > 2*most {
			return 0, false
		}
		var ok bool
		if n, ok = multiplied(n, smallPowers[shift-most]); !ok {
			return 0, false
		}
		shift = most
	}
	hi, lo := bits.Mul64(magnitude(n), uint64(smallPowers[shift]))
	m := magnitude(d)
	if hi >= m {
		return 0, false
	}
	q, rest := bits.Div64(hi, lo, m)
	if rest >= m-rest {
		q++
	}
	if q > math.MaxInt64 {
		return 0, false
	}
	if (n < 0) != (d < 0) {
		return -int64(q), true
	}
	return int64(q), true
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

// quotient returns n/d rounded half away from zero.
func quotient(n, d *big.Int) *big.Int {
	q, rest := new(big.Int).QuoRem(n, d, new(big.Int))
	if rest.Lsh(rest, 1).CmpAbs(d) < 0 {
		return q
	}
	if n.Sign() != d.Sign() {
		return q.Sub(q, big.NewInt(1))
	}
	return q.Add(q, big.NewInt(1))
}

// modulo returns what is left of d after division by e; it has the sign of d.
func (d numeric) modulo(e numeric) (numeric, error) {
	switch {
	case d.class == numericNaN || e.class == numericNaN:
		return numeric{class: numericNaN}, nil
	case e.class == numericFinite && e.sign() == 0:
		return numeric{}, divisionByZero()
	case d.class != numericFinite:
		return numeric{class: numericNaN}, nil
	case e.class != numericFinite:
		return d, nil
	}
	d, e = aligned(d, e)
	if d.wide == nil && e.wide == nil {
		if e.small == -1 {
			return numeric{scale: d.scale}, nil
		}
		return numeric{small: d.small % e.small, scale: d.scale}, nil
	}
	return wideNumeric(new(big.Int).Rem(d.coefficient(), e.coefficient()), d.scale), nil
}

// compare orders as PostgreSQL does: what isn't a number is equal to itself and above everything else.
func (d numeric) compare(e numeric) int {
	if d.class != numericFinite || e.class != numericFinite {
		return int(d.class) - int(e.class)
	}
	d, e = aligned(d, e)
	if d.wide == nil && e.wide == nil {
		switch {
		case d.small < e.small:
			return -1
		case d.small > e.small:
			return 1
		default:
			return 0
		}
	}
	return d.coefficient().Cmp(e.coefficient())
}

// bytes returns how many bytes d holds beside itself.
func (d numeric) bytes() int64 {
	if d.wide == nil {
		return 0
	}
	return int64(d.wide.BitLen()/8) + 32
}
