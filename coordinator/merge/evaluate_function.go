package merge

import (
	"math"

	"github.com/jackc/pgx/v5/pgtype"
)

// rounding is one of PostgreSQL's functions of one number: of a numeric, and of a float8.
type rounding struct {
	numeric func(numeric) numeric
	float   func(float64) float64
}

var roundings = map[string]rounding{
	"round": {func(d numeric) numeric { return d.rounded(0) }, math.RoundToEven},
	"trunc": {func(d numeric) numeric { return d.truncated(0) }, math.Trunc},
	"floor": {numeric.floor, math.Floor},
	"ceil":  {numeric.ceiling, math.Ceil},
}

func (c *compiler) function(e Function) (operand, error) {
	list, err := c.operands(e.Args)
	if err != nil {
		return operand{}, err
	}
	by, rounds := roundings[e.Name]
	switch {
	case (e.Name == "greatest" || e.Name == "least") && len(list) > 0:
		return c.extreme(e.Name, list)
	case len(list) == 2 && (e.Name == "round" || e.Name == "trunc"):
		return c.roundTo(e.Name, list[0], list[1])
	case len(list) != 1 || !isNumber(list[0].oid):
	case e.Name == "abs":
		oid := list[0].oid
		return ofNumber(list[0], oid, func(v datum) (datum, error) { return absolute(v, oid) })
	case e.Name == "sign" && list[0].oid == pgtype.NumericOID:
		return ofNumber(list[0], pgtype.NumericOID, func(v datum) (datum, error) {
			if v.dec.class != numericNaN {
				v.dec = numericOf(int64(v.dec.sign()))
			}
			return v, nil
		})
	case e.Name == "sign":
		return ofNumber(list[0], pgtype.Float8OID, signOf)
	case rounds && list[0].oid == pgtype.NumericOID:
		return ofNumber(list[0], pgtype.NumericOID, func(v datum) (datum, error) {
			return roundedNumeric(v, by.numeric)
		})
	case rounds: // integers too are made floats
		return ofNumber(list[0], pgtype.Float8OID, func(v datum) (datum, error) {
			f, err := v.asFloat()
			return floatOf(by.float(f)), err
		})
	}
	return operand{}, cannot("cast its arguments to the types that the function takes", "%s() of such arguments over groups", e.Name)
}

func ofNumber(x operand, oid uint32, of func(datum) (datum, error)) (operand, error) {
	n, err := foldStrict(&call{x.node, of}, x.node)
	return operand{node: n, oid: oid}, err
}

func roundedNumeric(v datum, by func(numeric) numeric) (datum, error) {
	if v.dec.class != numericFinite {
		return v, nil
	}
	d, err := by(v.dec).inRange()
	return numericDatumOf(d), err
}

func signOf(v datum) (datum, error) {
	f, err := v.asFloat()
	switch {
	case f > 0:
		return floatOf(1), err
	case f < 0:
		return floatOf(-1), err
	default: // NaN too
		return floatOf(0), err
	}
}

// absolute is abs() of a number of type oid.
func absolute(v datum, oid uint32) (datum, error) {
	switch {
	case v.kind == floatDatum:
		return floatOf(math.Abs(v.float)), nil
	case v.kind == numericDatum:
		if v.dec.sign() < 0 {
			v.dec = v.dec.negated()
		}
		return v, nil
	case v.int == math.MinInt64:
		return datum{}, integerOutOfRange(oid)
	case v.int < 0:
		i, err := checkedInteger(oid, -v.int)
		return intOf(i), err
	default:
		return v, nil
	}
}

// roundTo compiles round(numeric, int4) and trunc(numeric, int4). For another type a function of the user's may be meant.
func (c *compiler) roundTo(name string, x, digits operand) (operand, error) {
	if digits.oid == pgtype.UnknownOID && x.oid == pgtype.NumericOID {
		var err error
		if digits.node, err = c.typedAs(digits, pgtype.Int4OID); err != nil {
			return operand{}, err
		}
		digits.oid = pgtype.Int4OID
	}
	if x.oid != pgtype.NumericOID || digits.oid != pgtype.Int4OID {
		return operand{}, cannot("cast the number to numeric and the digits to int", "%s() of %s and %s over groups", name, typeName(x.oid), typeName(digits.oid))
	}
	cut := numeric.rounded
	if name == "trunc" {
		cut = numeric.truncated
	}
	n, err := foldStrict(&call2{x.node, digits.node, func(v, digits datum) (datum, error) {
		const most = 1000 // beyond it versions differ
		if digits.int < -most || digits.int > most {
			return datum{}, cannot("round to fewer digits", "%s() to %d digits over groups", name, digits.int)
		}
		return roundedNumeric(v, func(d numeric) numeric { return cut(d, int32(digits.int)) })
	}}, x.node, digits.node)
	return operand{node: n, oid: pgtype.NumericOID}, err
}

// extreme compiles GREATEST and LEAST, which leave out NULL.
func (c *compiler) extreme(name string, list []operand) (operand, error) {
	nodes, x, err := c.unify(name, list)
	if err != nil {
		return operand{}, err
	}
	if isText(x.oid) && x.collation != Bytewise {
		return operand{}, cannot(`give it the collation "C"`, "%s of texts under a collation that isn't bytewise", name)
	}
	if !isNumber(x.oid) && !isText(x.oid) && !isMoment(x.oid) {
		return operand{}, cannot(hintInGo, "%s of %s over groups", name, typeName(x.oid))
	}
	x.node, err = fold(&extreme{nodes, name == "greatest"}, nodes...)
	return x, err
}

// extreme takes the first of the greatest or least values.
type extreme struct {
	args     []node
	greatest bool
}

func (n *extreme) eval(at *groupAt) (datum, error) {
	var best datum
	for _, arg := range n.args {
		v, err := arg.eval(at)
		if err != nil {
			return datum{}, err
		}
		if v.kind == nullDatum {
			continue
		}
		if best.kind != nullDatum {
			order, err := compareValues(&v, &best)
			if err != nil {
				return datum{}, err
			}
			if order == 0 || (order > 0) != n.greatest {
				continue
			}
		}
		best = v
	}
	return best, nil
}
