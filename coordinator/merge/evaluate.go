package merge

// datum is a value of the evaluator. NULL is the zero value.
type datum struct {
	kind  datumKind
	int   int64 // of an integer, a bool (0 or 1), a date in days or a time in microseconds, both since 2000
	float float64
	dec   numeric
	bytes []byte // of a text, a blob, a passed value
}

type datumKind uint8

const (
	nullDatum datumKind = iota
	boolDatum
	intDatum
	floatDatum
	numericDatum
	textDatum
	blobDatum
	momentDatum // a date or a time: its type says which
	passedDatum // anything else, as the shard sent it: it has no operators
)

func intOf(i int64) datum            { return datum{kind: intDatum, int: i} }
func floatOf(f float64) datum        { return datum{kind: floatDatum, float: f} }
func numericDatumOf(d numeric) datum { return datum{kind: numericDatum, dec: d} }

func boolOf(b bool) datum {
	v := datum{kind: boolDatum}
	if b {
		v.int = 1
	}
	return v
}

// asFloat converts a number to a float8, as the databases' own casts do.
func (v *datum) asFloat() (float64, error) {
	switch v.kind {
	case intDatum:
		return float64(v.int), nil
	case numericDatum:
		return v.dec.float()
	default:
		return v.float, nil
	}
}

// asFloats converts two.
func asFloats(l, r *datum) (a, b float64, err error) {
	if a, err = l.asFloat(); err != nil {
		return 0, 0, err
	}
	b, err = r.asFloat()
	return a, b, err
}

// asNumeric converts an integer or a numeric.
func (v *datum) asNumeric() numeric {
	if v.kind == intDatum {
		return numericOf(v.int)
	}
	return v.dec
}

// node is a part of a compiled expression. It is safe for concurrent use.
type node interface {
	eval(at *groupAt) (datum, error)
}

// groupAt is the group that an expression is evaluated for.
type groupAt struct {
	groups *groups
	index  int
}

// known is a constant, or an argument.
type known datum

func (n *known) eval(*groupAt) (datum, error) { return datum(*n), nil }

// nullTest is IS [NOT] NULL.
type nullTest struct {
	x     node
	not   bool
	truth func(bool) datum
}

func (n *nullTest) eval(at *groupAt) (datum, error) {
	v, err := n.x.eval(at)
	if err != nil {
		return datum{}, err
	}
	return n.truth((v.kind == nullDatum) != n.not), nil
}

// junction is a chain of AND or OR in three-valued logic. As in the databases, what comes after the argument that decides isn't
// evaluated.
type junction struct {
	or    bool
	args  []node
	truth func(bool) datum
}

func (n *junction) eval(at *groupAt) (datum, error) {
	unknown := false
	for _, arg := range n.args {
		v, err := arg.eval(at)
		if err != nil {
			return datum{}, err
		}
		truth, known, err := v.truth()
		switch {
		case err != nil:
			return datum{}, err
		case !known:
			unknown = true
		case truth == n.or:
			return n.truth(truth), nil
		}
	}
	if unknown {
		return datum{}, nil
	}
	return n.truth(!n.or), nil
}

type negation struct {
	x     node
	truth func(bool) datum
}

func (n *negation) eval(at *groupAt) (datum, error) {
	v, err := n.x.eval(at)
	if err != nil {
		return datum{}, err
	}
	truth, known, err := v.truth()
	if err != nil || !known {
		return datum{}, err
	}
	return n.truth(!truth), nil
}

// truth returns what v is as a condition: known is false for NULL.
func (v *datum) truth() (truth, known bool, err error) {
	switch v.kind {
	case nullDatum:
		return false, false, nil
	case boolDatum, intDatum:
		return v.int != 0, true, nil
	case floatDatum:
		return v.float != 0, true, nil // SQLite
	default:
		return false, false, cannot(hintInGo, "a text as a condition over groups")
	}
}

// holds reports whether an order satisfies a comparison operator.
func holds(op string, order int) bool {
	switch op {
	case "=":
		return order == 0
	case "<>":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	default:
		return order >= 0
	}
}

func isComparison(op string) bool {
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		return true
	default:
		return false
	}
}

func isArithmetic(op string) bool {
	switch op {
	case "+", "-", "*", "/", "%":
		return true
	default:
		return false
	}
}
