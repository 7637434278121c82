package merge

import "math"

// sqliteFunctions are SQLite's functions of one number. Some of them are of a number's own type.
var sqliteFunctions = map[string]func(datum) (datum, error){
	"abs": func(v datum) (datum, error) {
		switch {
		case v.kind == floatDatum && v.float < 0:
			return floatOf(-v.float), nil
		case v.kind == floatDatum: // -0 stays
			return v, nil
		case v.int == math.MinInt64:
			return datum{}, cannot(hintInGo, "abs() of the least integer, which is an integer overflow")
		case v.int < 0:
			return intOf(-v.int), nil
		default:
			return v, nil
		}
	},
	"sign": func(v datum) (datum, error) {
		f, err := v.asFloat()
		switch {
		case f > 0:
			return intOf(1), err
		case f < 0:
			return intOf(-1), err
		default:
			return intOf(0), err
		}
	},
	"ceil":  keepIntegers(math.Ceil),
	"floor": keepIntegers(math.Floor),
	"trunc": keepIntegers(math.Trunc),
	"round": func(v datum) (datum, error) { return roundSQLite(v, intOf(0)) },
}

// keepIntegers makes a function of floats that leaves integers as they are.
func keepIntegers(of func(float64) float64) func(datum) (datum, error) {
	return func(v datum) (datum, error) {
		if v.kind == floatDatum {
			v.float = of(v.float)
		}
		return v, nil
	}
}

// sqliteFunction compiles a function. Of texts and blobs each function makes something else: they are refused.
func (c *compiler) sqliteFunction(e Function) (node, error) {
	list, err := c.sqliteValues(e.Args)
	if err != nil {
		return nil, err
	}
	if (e.Name == "max" || e.Name == "min") && len(list) > 1 {
		bytewise := true
		for _, arg := range e.Args {
			bytewise = bytewise && c.bytewise(arg)
		}
		return &sqliteExtreme{list, e.Name == "max", bytewise}, nil
	}
	of, ok := sqliteFunctions[e.Name]
	switch {
	case ok && len(list) == 1:
		return &call{list[0], func(v datum) (datum, error) {
			if v.class() != 1 {
				return datum{}, notNumber(e.Name)
			}
			return of(v)
		}}, nil
	case e.Name == "round" && len(list) == 2:
		return &call2{list[0], list[1], func(v, digits datum) (datum, error) {
			if v.class() != 1 || digits.kind != intDatum {
				return datum{}, notNumber(e.Name)
			}
			return roundSQLite(v, digits)
		}}, nil
	}
	return nil, cannot(hintInGo, "%s() of %d arguments over groups", e.Name, len(list))
}

func notNumber(name string) error {
	return cannot(hintInGo, "%s() of what isn't a number over groups", name)
}

// sqliteExtreme is SQLite's max() or min() of several values: NULL if one is.
type sqliteExtreme struct {
	args     []node
	greatest bool
	bytewise bool
}

func (n *sqliteExtreme) eval(at *groupAt) (datum, error) {
	values := make([]datum, len(n.args))
	null := false
	for i, arg := range n.args {
		v, err := arg.eval(at)
		if err != nil {
			return datum{}, err
		}
		null = null || v.kind == nullDatum
		values[i] = v
	}
	if null {
		return datum{}, nil
	}
	best := values[0]
	for i := range values[1:] {
		v := &values[i+1]
		order, err := comparePlain(v, &best, n.bytewise)
		if err != nil {
			return datum{}, err
		}
		// Of equal ones max() takes the first, and min() the last.
		if n.greatest && order > 0 || !n.greatest && order <= 0 {
			best = *v
		}
	}
	return best, nil
}
