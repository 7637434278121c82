package merge

import (
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
)

// numberTypes are PostgreSQL's types of numbers: each is converted implicitly to those after it.
var numberTypes = []uint32{
	pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.NumericOID, pgtype.Float4OID, pgtype.Float8OID,
}

// commonType is PostgreSQL's select_common_type: the type of the result of COALESCE, CASE, GREATEST, LEAST and of a list of IN.
func commonType(what string, list []operand) (uint32, error) {
	oid := uint32(pgtype.UnknownOID)
	for _, x := range list {
		switch {
		case x.oid == pgtype.UnknownOID || x.oid == oid:
		case oid == pgtype.UnknownOID:
			oid = x.oid
		case isNumber(oid) && isNumber(x.oid):
			if slices.Index(numberTypes, x.oid) > slices.Index(numberTypes, oid) {
				oid = x.oid
			}
		case isText(oid) && isText(x.oid): // the first: each is converted to the other
		default:
			return 0, cannot(hintCast, "%s of %s and %s", what, typeName(oid), typeName(x.oid))
		}
	}
	switch {
	case oid == pgtype.UnknownOID:
		return pgtype.TextOID, nil
	case isNumber(oid), isText(oid), isMoment(oid), oid == pgtype.BoolOID, oid == pgtype.UUIDOID, oid == pgtype.ByteaOID, oid == pgtype.IntervalOID:
		return oid, nil
	default:
		return 0, cannot(hintCast, "%s of %s", what, typeName(oid))
	}
}

// operands compiles a list.
func (c *compiler) operands(list []Expr) ([]operand, error) {
	all := make([]operand, len(list))
	for i, e := range list {
		var err error
		if all[i], err = c.postgresql(e); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// unify converts all to their common type. The result has that type, and the collation and the modifier that it would have.
func (c *compiler) unify(what string, list []operand) (nodes []node, result operand, err error) {
	oid, err := commonType(what, list)
	if err != nil {
		return nil, operand{}, err
	}
	result = operand{oid: oid, modifier: commonModifier(oid, list)}
	nodes = make([]node, len(list))
	for i, x := range list {
		if nodes[i], err = c.implicitly(x, oid); err != nil {
			return nil, operand{}, err
		}
		list[i].node = nodes[i]
	}
	result.collation = commonCollation(list)
	return nodes, result, nil
}

// commonModifier returns the modifier that all of the list have with the type itself, else none.
func commonModifier(oid uint32, list []operand) int32 {
	for _, x := range list {
		if x.oid != oid || x.modifier != list[0].modifier {
			return 0
		}
	}
	return list[0].modifier
}

// commonCollation returns how texts compare that are one of list. Constants take the collation of the others.
func commonCollation(list []operand) Collation {
	c := Bytewise
	constant := true
	for _, x := range list {
		if isKnown(x.node) {
			continue
		}
		constant = false
		switch x.collation {
		case Bytewise:
		case Locale:
			c = Locale
		default:
			return CollationUnknown
		}
	}
	if constant {
		return Locale // the database's own, which is deterministic
	}
	return c
}

// implicitly converts x to oid, which is its type or one that it is converted to by itself.
func (c *compiler) implicitly(x operand, oid uint32) (node, error) {
	switch {
	case x.oid == pgtype.UnknownOID:
		return c.typedAs(x, oid)
	case x.oid != oid && isNumber(oid):
		from := x.oid
		return fold(&call{x.node, func(v datum) (datum, error) { return convertNumber(v, from, oid) }}, x.node)
	default:
		return x.node, nil
	}
}

func (c *compiler) coalesce(e Coalesce) (operand, error) {
	c.groups.lazy = true
	list, err := c.operands(e.Args)
	if err != nil {
		return operand{}, err
	}
	nodes, x, err := c.unify("COALESCE", list)
	if err != nil {
		return operand{}, err
	}
	x.node = foldPresent(nodes)
	return x, nil
}

func (c *compiler) caseWhen(e CaseWhen) (operand, error) {
	c.groups.lazy = true
	n := &choice{}
	results := []Expr{e.Else} // it comes first
	if e.Else == nil {
		results[0] = Constant{}
	}
	// PostgreSQL analyses condition and result of each arm in turn, and ELSE last; an argument has the type of its first place.
	var list []operand
	for _, arm := range e.Arms {
		cond, err := c.condition(arm.Cond)
		if err != nil {
			return operand{}, err
		}
		n.conds = append(n.conds, cond)
		result, err := c.postgresql(arm.Result)
		if err != nil {
			return operand{}, err
		}
		list = append(list, result)
	}
	otherwise, err := c.postgresql(results[0])
	if err != nil {
		return operand{}, err
	}
	nodes, x, err := c.unify("CASE", append([]operand{otherwise}, list...))
	if err != nil {
		return operand{}, err
	}
	n.otherwise, n.results = nodes[0], nodes[1:]
	x.node = n.folded()
	return x, nil
}

func (c *compiler) nullIf(e NullIf) (operand, error) {
	list, err := c.operands([]Expr{e.X, e.Y})
	if err != nil {
		return operand{}, err
	}
	x, y := list[0], list[1]
	switch {
	case x.oid == pgtype.UnknownOID && y.oid == pgtype.UnknownOID:
		return operand{}, cannot(hintCast, "NULLIF of two operands of unknown type")
	case x.oid == pgtype.UnknownOID:
		x.node, err = c.typedAs(x, y.oid)
		x.oid = y.oid
	case y.oid == pgtype.UnknownOID:
		y.node, err = c.typedAs(y, x.oid)
		y.oid = x.oid
	}
	if err != nil {
		return operand{}, err
	}
	if _, err := comparisonOf("=", x, y); err != nil {
		return operand{}, err
	}
	result := x
	switch {
	case isText(x.oid): // there is an operator of text only
		if x.oid != pgtype.TextOID {
			result.modifier = 0
		}
		result.oid = pgtype.TextOID
		result.collation = commonCollation([]operand{x, y})
	case isNumber(x.oid) && !isFloat(x.oid) && (integerSize(x.oid) == 0 || integerSize(y.oid) == 0) && x.oid != y.oid:
		// There are operators between integers and between floats of any size, else the first is converted.
		if result.oid = pgtype.Float8OID; !isFloat(y.oid) {
			result.oid = pgtype.NumericOID
		}
		if result.oid != x.oid {
			result.modifier = 0
		}
		if x.node, err = c.implicitly(x, result.oid); err != nil {
			return operand{}, err
		}
	}
	if result.node = x.node; isNull(x.node) || isNull(y.node) {
		return result, nil
	}
	result.node, err = fold(&nullIf{x.node, y.node, func(a, b *datum) (bool, error) {
		order, err := compareValues(a, b)
		return order == 0, err
	}}, x.node, y.node)
	return result, err
}

// in compiles IN: the value and all members get one type.
func (c *compiler) in(e In) (operand, error) {
	if len(e.List) == 1 {
		op := "="
		if e.Not {
			op = "<>"
		}
		return c.operation(Operation{Op: op, L: e.X, R: e.List[0]})
	}
	list, err := c.operands(append([]Expr{e.X}, e.List...))
	if err != nil {
		return operand{}, err
	}
	if list[0].oid == pgtype.UnknownOID {
		return operand{}, cannot(hintCast, "IN for a value of unknown type")
	}
	oid, err := commonType("IN", list)
	if err != nil {
		return operand{}, err
	}
	members := &junction{or: true, truth: boolOf}
	for _, member := range list[1:] {
		if member.node, err = c.implicitly(member, oid); err != nil {
			return operand{}, err
		}
		if !isKnown(member.node) { // PostgreSQL compares with each by itself
			return operand{}, cannot("write it as OR", "IN with members that aren't constants")
		}
		member.oid = oid
		equal, err := comparisonOf("=", list[0], member)
		if err != nil {
			return operand{}, err
		}
		// The members are one array: a NULL among them doesn't keep PostgreSQL from evaluating the value.
		if equal.node, err = fold(equal.node, list[0].node, member.node); err != nil {
			return operand{}, err
		}
		members.args = append(members.args, equal.node)
	}
	result := operand{node: members.folded(), oid: pgtype.BoolOID}
	if e.Not {
		result.node, err = fold(&negation{result.node, boolOf}, result.node)
	}
	return result, err
}
