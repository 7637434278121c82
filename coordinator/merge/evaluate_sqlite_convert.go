package merge

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// roundSQLite is SQLite's round(), whose result is a float. Without digits it adds a half and cuts. With them it writes the
// float out in decimal and rounds that: its result is certain unless the float is next to a half, closer than the 17th digit.
func roundSQLite(v, digits datum) (datum, error) {
	f, err := v.asFloat()
	n := min(max(digits.int, 0), 30)
	switch {
	case err != nil:
		return datum{}, err
	case f < -1<<52 || f > 1<<52:
		return floatOf(f), nil
	case n == 0 && f < 0:
		return floatOf(float64(int64(f - 0.5))), nil
	case n == 0:
		return floatOf(float64(int64(f + 0.5))), nil
	case f == 0:
		return floatOf(0), nil
	}
	// Twice the value in units of the last digit is odd at a half.
	twice := new(big.Rat).SetFloat64(f)
	twice.Abs(twice).Mul(twice, new(big.Rat).SetInt(power10(int(n)))).Mul(twice, big.NewRat(2, 1))
	sum := new(big.Int).Add(twice.Num(), twice.Denom())
	units := sum.Quo(sum, new(big.Int).Lsh(twice.Denom(), 1)) // rounded half away from zero
	text := strconv.FormatFloat(f, 'e', 16, 64)
	_, exponent, _ := strings.Cut(text, "e")
	power, err := strconv.Atoi(exponent)
	if err != nil {
		return datum{}, err
	}
	if !isHalf(twice) || len(strings.TrimRight(strconv.FormatFloat(math.Abs(f), 'f', -1, 64), "0")) > 16 {
		half := new(big.Int).Lsh(new(big.Int).Quo(twice.Num(), new(big.Int).Lsh(twice.Denom(), 1)), 1)
		distance := new(big.Rat).Sub(twice, new(big.Rat).SetInt(half.Add(half, big.NewInt(1))))
		if distance.Abs(distance).Cmp(tenTo(power-16+int(n))) < 0 {
			return datum{}, cannot(hintInGo, "round(%v, %d), which is next to a half", f, n)
		}
	}
	if len(units.Text(10)) > 15 || n > 22 {
		// As many digits aren't certainly read as they were written.
		return datum{}, cannot("round to fewer digits", "round(%v, %d) over groups", f, n)
	}
	rounded, err := strconv.ParseFloat(units.Text(10)+"e-"+strconv.FormatInt(n, 10), 64)
	if err != nil {
		return datum{}, err
	}
	return floatOf(math.Copysign(rounded, f)), nil
}

// isHalf reports whether half of twice lies between two whole numbers.
func isHalf(twice *big.Rat) bool { return twice.IsInt() && twice.Num().Bit(0) == 1 }

func tenTo(power int) *big.Rat {
	if power < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), power10(-power))
	}
	return new(big.Rat).SetInt(power10(power))
}

// sqliteCast returns the cast to a type, by the affinity of its name.
func sqliteCast(name string) (func(datum) (datum, error), error) {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(name, part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("int"):
		return castInteger, nil
	case has("char", "clob", "text"):
		return castText, nil
	case has("blob"), name == "":
		return nil, cannot(hintInGo, "a cast to a blob over groups")
	case has("real", "floa", "doub"):
		return castReal, nil
	default:
		return castNumeric, nil
	}
}

func castInteger(v datum) (datum, error) {
	if v.kind == textDatum {
		if i, ok := plainInteger(v.bytes); ok {
			return intOf(i), nil
		}
	}
	if v.class() != 1 {
		return datum{}, notPlain()
	}
	return intOf(sqliteInteger(&v)), nil
}

func castReal(v datum) (datum, error) {
	if v.kind == textDatum {
		if i, ok := plainInteger(v.bytes); ok {
			return floatOf(float64(i)), nil
		}
	}
	if v.class() != 1 {
		return datum{}, notPlain()
	}
	f, err := v.asFloat()
	return floatOf(f), err
}

// castNumeric leaves numbers as they are.
func castNumeric(v datum) (datum, error) {
	if v.kind == textDatum {
		if i, ok := plainInteger(v.bytes); ok {
			return intOf(i), nil
		}
	}
	if v.class() != 1 {
		return datum{}, notPlain()
	}
	return v, nil
}

// castText shows a float only if at most 15 digits are all of it: then each version of SQLite shows those.
func castText(v datum) (datum, error) {
	switch v.kind {
	case textDatum:
		return v, nil
	case intDatum:
		return datum{kind: textDatum, bytes: strconv.AppendInt(nil, v.int, 10)}, nil
	case floatDatum:
		size := math.Abs(v.float)
		digits, _, _ := strings.Cut(strconv.FormatFloat(size, 'e', -1, 64), "e")
		text := strconv.AppendFloat(nil, v.float, 'f', -1, 64)
		if size < 1e15 && size >= 1e-4 && len(digits) <= 16 && isExactly(v.float, string(text)) { // the point is one more
			if v.float == math.Trunc(v.float) {
				text = append(text, ".0"...)
			}
			return datum{kind: textDatum, bytes: text}, nil
		}
		if v.float == 0 && !math.Signbit(v.float) {
			return datum{kind: textDatum, bytes: []byte("0.0")}, nil
		}
		return datum{}, cannot(hintInGo, "a cast of the float %v to text, which versions of SQLite show differently,", v.float)
	default:
		return datum{}, notPlain()
	}
}

// isExactly reports whether a text is all digits of a float.
func isExactly(f float64, text string) bool {
	written, ok := new(big.Rat).SetString(text)
	return ok && written.Cmp(new(big.Rat).SetFloat64(f)) == 0
}

// plainInteger reads the plainest form of an integer, of which an int64 holds all.
func plainInteger(text []byte) (int64, bool) {
	digits := strings.TrimPrefix(string(text), "-")
	if len(digits) == 0 || len(digits) > 18 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	i, err := strconv.ParseInt(string(text), 10, 64)
	return i, err == nil
}

func notPlain() error {
	return cannot(hintInGo, "a cast of a blob, or of a text that isn't plainly an integer, over groups")
}
