package merge

import "math/big"

// cutTo returns a finite d with scale digits after the point, made by divide if it has more, which gets the coefficient and a power
// of ten. A negative scale cuts before the point.
func (d numeric) cutTo(scale int32, divide func(n, by *big.Int) *big.Int) numeric {
	if scale >= d.scale {
		return d.rescaled(scale)
	}
	c := divide(d.coefficient(), power10(int(d.scale-scale)))
	if scale < 0 {
		c.Mul(c, power10(int(-scale)))
	}
	return wideNumeric(c, max(scale, 0))
}

// rounded rounds half away from zero.
func (d numeric) rounded(scale int32) numeric { return d.cutTo(scale, quotient) }

// truncated rounds towards zero.
func (d numeric) truncated(scale int32) numeric {
	return d.cutTo(scale, func(n, by *big.Int) *big.Int { return new(big.Int).Quo(n, by) })
}

// floor rounds down to a whole number, ceiling up.
func (d numeric) floor() numeric {
	return d.cutTo(0, func(n, by *big.Int) *big.Int { return new(big.Int).Div(n, by) }) // Euclidean; by is positive
}

func (d numeric) ceiling() numeric { return d.negated().floor().negated() }

// within rounds d as a column of numeric(precision, scale) does.
func (d numeric) within(precision, scale int32) (numeric, error) {
	switch d.class {
	case numericNaN:
		return d, nil
	case numericFinite:
		d = d.rounded(scale)
		if d.coefficient().CmpAbs(power10(int(precision))) < 0 {
			return d, nil
		}
	}
	return numeric{}, outOfRange("numeric field overflow")
}

// text returns d as PostgreSQL shows it: with all digits of its scale.
func (d numeric) text() []byte {
	switch d.class {
	case numericNaN:
		return []byte("NaN")
	case numericInfinity:
		return []byte("Infinity")
	case numericMinusInfinity:
		return []byte("-Infinity")
	}
	digits := d.digits(nil)
	for len(digits) <= int(d.scale) {
		digits = append([]byte{'0'}, digits...)
	}
	var text []byte
	if d.sign() < 0 {
		text = append(text, '-')
	}
	point := len(digits) - int(d.scale)
	text = append(text, digits[:point]...)
	if d.scale > 0 {
		text = append(append(text, '.'), digits[point:]...)
	}
	return text
}
