package merge

import (
	"math"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// compiler compiles the expressions of one Spec for one call.
type compiler struct {
	groups *groups
	args   []any
	// typed are the types that arguments got where they were used first: PostgreSQL gives each one type. Whoever makes the Spec
	// sees to it that none of them is used in another part of the statement, which could give it another.
	typed map[int]uint32
}

// operand is a compiled expression of PostgreSQL with its type.
type operand struct {
	node node
	// oid is the type: UnknownOID for a text literal, NULL or an argument whose type its surroundings decide.
	oid       uint32
	collation Collation
	literal   string // of an unknown literal
	argument  int    // the ordinal of an unknown argument
	modifier  int32  // the type's modifier and 1, so that 0 is none
}

// postgresql compiles e as PostgreSQL would: the types of literals and arguments, of operators and of their results are those
// that its analysis finds.
func (c *compiler) postgresql(e Expr) (operand, error) {
	switch e := e.(type) {
	case KeyRef, AggregateRef:
		x, f := c.reference(e)
		if !x.readable(f) {
			return operand{}, textForm(f.Name)
		}
		return x, nil
	case Constant:
		return constantOf(e.Value)
	case Argument:
		if e.Ordinal < 1 || e.Ordinal > len(c.args) {
			return operand{}, cannot("give as many arguments as the statement has", "argument $%d wasn't given", e.Ordinal)
		}
		return operand{oid: pgtype.UnknownOID, argument: e.Ordinal}, nil
	case Operation:
		return c.operation(e)
	case Junction:
		return c.junction(e)
	case Negation:
		x, err := c.condition(e.X)
		if err != nil {
			return operand{}, err
		}
		n, err := fold(&negation{x, boolOf}, x)
		return operand{node: n, oid: pgtype.BoolOID}, err
	case NullTest:
		return c.nullTest(e)
	case Coalesce:
		return c.coalesce(e)
	case NullIf:
		return c.nullIf(e)
	case CaseWhen:
		return c.caseWhen(e)
	case In:
		return c.in(e)
	case Convert:
		return c.cast(e)
	case Function:
		return c.function(e)
	default:
		return operand{}, cannot(hintInGo, "an expression over groups")
	}
}

// reference compiles a key or an aggregate, whatever form its values come in.
func (c *compiler) reference(e Expr) (operand, *pgconn.FieldDescription) {
	g := c.groups
	if k, ok := e.(KeyRef); ok {
		f := &g.declared.Fields[g.keys[k.Index].column]
		return operand{
			node: &keyNode{index: k.Index}, oid: f.DataTypeOID, collation: g.keys[k.Index].collation, modifier: f.TypeModifier + 1,
		}, f
	}
	index := e.(AggregateRef).Index //nolint:forcetypeassert // it is one of the two
	a := &g.aggregates[index]
	f := &g.declared.Fields[a.Column]
	x := operand{node: &aggregateNode{index: index}, oid: a.oid, collation: a.collation}
	if a.passes() {
		x.modifier = f.TypeModifier + 1
	}
	return x, f
}

// readable reports whether x, of a column f, can be computed with: texts in either form, enums if they are known to be some, and
// others in binary form.
func (x *operand) readable(f *pgconn.FieldDescription) bool {
	switch {
	case x.oid != f.DataTypeOID: // a count of distinct values
		return true
	case x.oid >= firstUserOID:
		return x.collation == Labels
	default:
		return f.Format == pgtype.BinaryFormatCode || isText(x.oid)
	}
}

// nullTest compiles IS [NOT] NULL, for which the form of a value doesn't matter.
func (c *compiler) nullTest(e NullTest) (operand, error) {
	var x operand
	var err error
	switch e.X.(type) {
	case KeyRef, AggregateRef:
		x, _ = c.reference(e.X)
	default:
		if x, err = c.postgresql(e.X); err == nil {
			x.node, err = c.as(x, x.oid)
		}
	}
	if err != nil {
		return operand{}, err
	}
	n, err := fold(&nullTest{x.node, e.Not, boolOf}, x.node)
	return operand{node: n, oid: pgtype.BoolOID}, err
}

// junction compiles AND and OR. PostgreSQL looks for a constant that decides before it evaluates anything.
func (c *compiler) junction(e Junction) (operand, error) {
	n := &junction{or: e.Or, truth: boolOf}
	for _, arg := range e.Args {
		x, err := c.condition(arg)
		if err != nil {
			return operand{}, err
		}
		n.args = append(n.args, x)
	}
	return operand{node: n.folded(), oid: pgtype.BoolOID}, nil
}

// condition compiles what has to be a bool.
func (c *compiler) condition(e Expr) (node, error) {
	x, err := c.postgresql(e)
	if err != nil {
		return nil, err
	}
	if x.oid != pgtype.BoolOID && x.oid != pgtype.UnknownOID {
		return nil, cannot("compare it with something", "%s as a condition", typeName(x.oid))
	}
	return c.as(x, pgtype.BoolOID)
}

func constantOf(v any) (operand, error) {
	switch v := v.(type) {
	case nil:
		return operand{node: &known{}, oid: pgtype.UnknownOID}, nil
	case bool:
		k := known(boolOf(v))
		return operand{node: &k, oid: pgtype.BoolOID}, nil
	case int64:
		k := known(intOf(v))
		if v >= math.MinInt32 && v <= math.MaxInt32 {
			return operand{node: &k, oid: pgtype.Int4OID}, nil
		}
		return operand{node: &k, oid: pgtype.Int8OID}, nil
	case string:
		return operand{oid: pgtype.UnknownOID, literal: v}, nil
	case Number:
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			return constantOf(i)
		}
		d, ok := parseNumeric(string(v))
		if !ok || d.class != numericFinite {
			return operand{}, cannot("write it in numeric", "the number %s", string(v))
		}
		k := known(numericDatumOf(d))
		return operand{node: &k, oid: pgtype.NumericOID}, nil
	default:
		return operand{}, cannot(hintInGo, "a constant of type %T over groups", v)
	}
}

// as returns the node of x as a value of type oid. An unknown one becomes it; of unknown type it stays, it is a text.
func (c *compiler) as(x operand, oid uint32) (node, error) {
	if x.oid != pgtype.UnknownOID {
		return x.node, nil
	}
	if oid == pgtype.UnknownOID {
		oid = pgtype.TextOID
	}
	return c.typedAs(x, oid)
}

// typedAs makes an unknown x a value of type oid.
func (c *compiler) typedAs(x operand, oid uint32) (node, error) {
	if x.argument > 0 {
		return c.argumentAs(x.argument, oid)
	}
	if x.node != nil {
		return x.node, nil // NULL
	}
	v, err := literalAs(x.literal, oid)
	if err != nil {
		return nil, err
	}
	k := known(v)
	return &k, nil
}

func (c *compiler) argumentAs(ordinal int, oid uint32) (node, error) {
	if oid == pgtype.VarcharOID {
		oid = pgtype.TextOID
	}
	if before, ok := c.typed[ordinal]; ok && before != oid {
		return nil, cannot("cast it where it is used", "argument $%d is used as %s and as %s", ordinal, typeName(before), typeName(oid))
	}
	if c.typed == nil {
		c.typed = map[int]uint32{}
	}
	c.typed[ordinal] = oid
	plain, err := plainArgument(messages.PostgreSQL, ordinal, c.args[ordinal-1])
	if err != nil {
		return nil, err
	}
	v, err := plain.as(ordinal, oid)
	if err != nil {
		return nil, err
	}
	k := known(v)
	return &k, nil
}
