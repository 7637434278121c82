package merge

import (
	"math"

	"github.com/jackc/pgx/v5/pgtype"
)

// negative returns the literal that a minus before a literal makes, as PostgreSQL's grammar does; false for others.
func negative(e Expr) (Constant, bool) {
	k, ok := e.(Constant)
	if !ok {
		return k, false
	}
	switch v := k.Value.(type) {
	case int64:
		if v != math.MinInt64 {
			return Constant{-v}, true
		}
	case Number:
		if v != "" && v[0] != '-' && v[0] != '+' {
			return Constant{"-" + v}, true
		}
	}
	return k, false
}

func (c *compiler) operation(e Operation) (operand, error) {
	if e.L == nil {
		return c.prefix(e)
	}
	l, err := c.postgresql(e.L)
	if err != nil {
		return operand{}, err
	}
	r, err := c.postgresql(e.R)
	if err != nil {
		return operand{}, err
	}
	// An unknown operand is taken to have the type of the other.
	switch {
	case l.oid == pgtype.UnknownOID && r.oid == pgtype.UnknownOID:
		return operand{}, cannot(hintCast, "%s between two operands of unknown type", e.Op)
	case !isComparison(e.Op) && l.oid == pgtype.UnknownOID:
		_, err = arithmeticOf(e.Op, r, r)
	case !isComparison(e.Op) && r.oid == pgtype.UnknownOID:
		_, err = arithmeticOf(e.Op, l, l)
	}
	if err != nil {
		return operand{}, err
	}
	switch {
	case l.oid == pgtype.UnknownOID:
		l.node, err = c.typedAs(l, r.oid)
		l.oid = r.oid
	case r.oid == pgtype.UnknownOID:
		r.node, err = c.typedAs(r, l.oid)
		r.oid = l.oid
	}
	if err != nil {
		return operand{}, err
	}
	return operatorOf(e.Op, l, r)
}

// operatorOf finds the operator between two operands whose types are known.
func operatorOf(op string, l, r operand) (operand, error) {
	find := arithmeticOf
	if isComparison(op) {
		find = comparisonOf
	}
	x, err := find(op, l, r)
	if err == nil {
		x.node, err = foldStrict(x.node, l.node, r.node)
	}
	return x, err
}

func (c *compiler) prefix(e Operation) (operand, error) {
	if k, ok := negative(e.R); ok && e.Op == "-" {
		return constantOf(k.Value)
	}
	x, err := c.postgresql(e.R)
	if err != nil {
		return operand{}, err
	}
	if !isNumber(x.oid) || !(e.Op == "-" || e.Op == "+") {
		return operand{}, cannot(hintCast, "%s before %s", e.Op, typeName(x.oid))
	}
	if e.Op == "+" {
		return operand{node: x.node, oid: x.oid}, nil
	}
	n, err := foldStrict(&minus{x.node, x.oid}, x.node)
	return operand{node: n, oid: x.oid}, err
}

// comparisonOf finds the comparison between two types.
func comparisonOf(op string, l, r operand) (operand, error) {
	n := &comparison{op: op, l: l.node, r: r.node}
	switch {
	case isNumber(l.oid) && isNumber(r.oid):
	case isText(l.oid) && isText(r.oid):
		if isKnown(l.node) && isKnown(r.node) && op != "=" && op != "<>" {
			return operand{}, cannot(`give it the collation "C"`, "%s between texts under the database's collation", op)
		}
		for _, side := range []operand{l, r} {
			if err := checkCollation(op, side); err != nil {
				return operand{}, err
			}
		}
	case l.oid != r.oid:
		return operand{}, cannot(hintCast, "%s between %s and %s", op, typeName(l.oid), typeName(r.oid))
	case l.oid >= firstUserOID && (op == "=" || op == "<>"): // enums: see readable
	case l.oid == pgtype.BoolOID, isMoment(l.oid), l.oid == pgtype.UUIDOID, l.oid == pgtype.ByteaOID:
	default:
		return operand{}, cannot(hintInGo, "%s between values of %s", op, typeName(l.oid))
	}
	return operand{node: n, oid: pgtype.BoolOID}, nil
}

// checkCollation refuses texts whose comparison only the database knows. A literal takes the collation of the other side.
func checkCollation(op string, x operand) error {
	if isKnown(x.node) {
		return nil
	}
	switch {
	case x.collation == Bytewise, x.collation == Locale && (op == "=" || op == "<>"):
		return nil
	default:
		return cannot(`give it the collation "C"`, "%s between texts under a collation that isn't bytewise", op)
	}
}

// arithmeticOf finds the arithmetic operator between two types, and the type of its result.
func arithmeticOf(op string, l, r operand) (operand, error) {
	if !isArithmetic(op) || !isNumber(l.oid) || !isNumber(r.oid) {
		return operand{}, cannot(hintInGo, "%s between %s and %s", op, typeName(l.oid), typeName(r.oid))
	}
	oid := l.oid
	switch {
	case l.oid == r.oid:
	case isFloat(l.oid) || isFloat(r.oid):
		oid = pgtype.Float8OID
	case l.oid == pgtype.NumericOID || r.oid == pgtype.NumericOID:
		oid = pgtype.NumericOID
	default:
		if integerSize(r.oid) > integerSize(l.oid) {
			oid = r.oid
		}
	}
	if op == "%" && isFloat(oid) {
		return operand{}, cannot(hintCast, "PostgreSQL has no %% for %s", typeName(oid))
	}
	return operand{node: &arithmetic{op: op[0], oid: oid, l: l.node, r: r.node}, oid: oid}, nil
}
