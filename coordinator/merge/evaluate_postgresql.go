package merge

import (
	"math"
	"strconv"

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
}

// postgresql compiles e as PostgreSQL would: the types of literals and arguments, of operators and of their results are those
// that its analysis finds.
func (c *compiler) postgresql(e Expr) (operand, error) {
	switch e := e.(type) {
	case KeyRef:
		f := &c.groups.declared.Fields[c.groups.keys[e.Index].column]
		if f.Format != pgtype.BinaryFormatCode {
			return operand{}, textForm(f.Name)
		}
		return operand{node: &keyNode{index: e.Index}, oid: f.DataTypeOID, collation: c.groups.keys[e.Index].collation}, nil
	case AggregateRef:
		a := &c.groups.aggregates[e.Index]
		if c.groups.declared.Fields[a.Column].Format != pgtype.BinaryFormatCode {
			return operand{}, textForm(a.name)
		}
		return operand{node: &aggregateNode{index: e.Index}, oid: a.oid, collation: a.collation}, nil
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
		n := &junction{or: e.Or, truth: boolOf}
		for _, arg := range e.Args {
			x, err := c.condition(arg)
			if err != nil {
				return operand{}, err
			}
			n.args = append(n.args, x)
		}
		return operand{node: n, oid: pgtype.BoolOID}, nil
	case Negation:
		x, err := c.condition(e.X)
		return operand{node: &negation{x, boolOf}, oid: pgtype.BoolOID}, err
	case NullTest:
		x, err := c.postgresql(e.X)
		if err == nil {
			x.node, err = c.as(x, x.oid)
		}
		return operand{node: &nullTest{x.node, e.Not, boolOf}, oid: pgtype.BoolOID}, err
	default:
		return operand{}, cannot(hintInGo, "an expression over groups")
	}
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
