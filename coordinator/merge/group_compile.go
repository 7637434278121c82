package merge

import (
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// output is a column of the answer: a value as a shard sent it, or an expression.
type output struct {
	passed *passed
	node   node
	// field describes it as far as it is declared. On SQLite it is of UnknownOID where only rows know.
	field pgconn.FieldDescription
}

// passed is a key, or an aggregate that passes, of a group: whichever isn't -1.
type passed struct{ key, aggregate int }

// orderTerm is a key of the order of groups.
type orderTerm struct {
	GroupOrder
	passed  *passed
	node    node
	compare comparer // of passed values
	// bytewise says that texts of an expression compare bytewise: else SQLite's may have a collation.
	bytewise bool
}

// of returns the value with the description and the column that it has there.
func (p *passed) of(g *groups, index int) (from *messages.Description, column int, v []byte) {
	if p.key >= 0 {
		return g.table.groups[index].from, g.keys[p.key].column, g.table.key(index, p.key)
	}
	a := &g.aggregates[p.aggregate]
	k := g.states[index*len(g.aggregates)+p.aggregate].kept
	if k == nil {
		return nil, a.Column, nil
	}
	return k.from, a.Column, k.bytes
}

// passedOf returns what of a group e is without any change; nil for expressions.
func (g *groups) passedOf(e Expr) *passed {
	switch e := e.(type) {
	case KeyRef:
		return &passed{e.Index, -1}
	case AggregateRef:
		if g.aggregates[e.Index].passes() {
			return &passed{-1, e.Index}
		}
	}
	return nil
}

func (g *groups) compile(o *Options) error {
	c := &compiler{groups: g, args: o.Args}
	group := g.spec.Group
	if err := c.check(group); err != nil {
		return err
	}
	// In PostgreSQL's order, for an argument has the type of its first place.
	declared := &messages.Description{Types: g.declared.Types, ScanPlans: g.declared.ScanPlans}
	for i := range group.Outputs {
		out, err := c.output(&group.Outputs[i])
		if err != nil {
			return err
		}
		g.outputs = append(g.outputs, out)
		declared.Fields = append(declared.Fields, out.field)
	}
	if group.Having != nil {
		var err error
		if g.having, err = c.having(group.Having); err != nil {
			return err
		}
	}
	for i := range group.Order {
		term, err := c.order(&group.Order[i], o, i)
		if err != nil {
			return err
		}
		g.order = append(g.order, term)
	}
	g.out.open(declared, g.spec.Dialect)
	return nil
}

// check looks for references to keys and aggregates that there aren't.
func (c *compiler) check(group *Group) error {
	ok := true
	walk(group.Having, func(e Expr) { ok = ok && c.exists(e) })
	for i := range group.Outputs {
		walk(group.Outputs[i].X, func(e Expr) { ok = ok && c.exists(e) })
		ok = ok && (group.Outputs[i].Name != "" || group.Outputs[i].NameOf >= 0 && group.Outputs[i].NameOf < len(c.groups.declared.Fields))
	}
	for i := range group.Order {
		walk(group.Order[i].X, func(e Expr) { ok = ok && c.exists(e) })
	}
	if !ok {
		return &messages.Error{Code: messages.ErrProtocol, Op: opMerge, Detail: "an expression refers to a key, aggregate or column that the groups don't have"}
	}
	return nil
}

func (c *compiler) exists(e Expr) bool {
	switch e := e.(type) {
	case KeyRef:
		return e.Index >= 0 && e.Index < len(c.groups.keys)
	case AggregateRef:
		return e.Index >= 0 && e.Index < len(c.groups.aggregates)
	default:
		return true
	}
}

// walk calls visit for e and everything in it.
func walk(e Expr, visit func(Expr)) {
	if e == nil {
		return
	}
	visit(e)
	switch e := e.(type) {
	case Operation:
		walk(e.L, visit)
		walk(e.R, visit)
	case Junction:
		for _, arg := range e.Args {
			walk(arg, visit)
		}
	case Negation:
		walk(e.X, visit)
	case NullTest:
		walk(e.X, visit)
	default:
		for _, part := range parts(e) {
			walk(part, visit)
		}
	}
}

func (c *compiler) output(o *Output) (output, error) {
	g := c.groups
	out := output{passed: g.passedOf(o.X)}
	switch {
	case out.passed != nil:
		column := 0
		if out.passed.key >= 0 {
			column = g.keys[out.passed.key].column
		} else {
			column = g.aggregates[out.passed.aggregate].Column
		}
		out.field = g.declared.Fields[column]
	default:
		x, err := c.expression(o.X)
		if err != nil {
			return out, err
		}
		out.node, out.field = x.node, fieldOf(x.oid)
		out.field.TypeModifier = x.modifier - 1
		if g.spec.Dialect == messages.PostgreSQL && isText(x.oid) {
			out.field.Format = pgtype.TextFormatCode // as pgx asks for texts; the bytes are the same
		}
	}
	out.field.Name = o.Name
	if o.Name == "" {
		out.field.Name = g.declared.Fields[o.NameOf].Name
	}
	return out, nil
}

// expression compiles e. On SQLite the result's type is that of each row.
func (c *compiler) expression(e Expr) (operand, error) {
	if c.groups.spec.Dialect == messages.SQLite {
		n, err := c.sqlite(e)
		return operand{node: n, oid: pgtype.UnknownOID}, err
	}
	x, err := c.postgresql(e)
	if err != nil {
		return operand{}, err
	}
	x.node, err = c.as(x, pgtype.UnknownOID)
	if x.oid == pgtype.UnknownOID {
		x.oid = pgtype.TextOID
	}
	return x, err
}

func (c *compiler) having(e Expr) (node, error) {
	if c.groups.spec.Dialect == messages.SQLite {
		return c.sqlite(e)
	}
	return c.condition(e)
}

func (c *compiler) order(o *GroupOrder, options *Options, i int) (orderTerm, error) {
	g := c.groups
	term := orderTerm{GroupOrder: *o, passed: g.passedOf(o.X)}
	if term.Collation == CollationUnknown && i < len(options.Order) {
		term.Collation = options.Order[i]
	}
	if term.passed == nil {
		x, err := c.expression(o.X)
		if err != nil {
			return term, err
		}
		term.node = x.node
		switch {
		case x.oid == pgtype.BoolOID, x.oid == pgtype.UnknownOID, isNumber(x.oid), isMoment(x.oid):
		case isText(x.oid) && (isKnown(x.node) || x.collation == Bytewise || term.Collation == Bytewise):
		case isText(x.oid):
			return term, cannot(`give it the collation "C"`, "ORDER BY a text under a collation that isn't bytewise")
		default:
			return term, cannot(hintInGo, "ORDER BY a value of type %s", typeName(x.oid))
		}
		term.bytewise = g.spec.Dialect == messages.PostgreSQL || c.bytewise(o.X)
		return term, nil
	}
	column := 0
	if term.passed.key >= 0 {
		column = g.keys[term.passed.key].column
	} else {
		column = g.aggregates[term.passed.aggregate].Column
	}
	f := &g.declared.Fields[column]
	term.compare = *newComparer(g.spec.Dialect, f.Name, term.Collation)
	if g.spec.Dialect == messages.PostgreSQL {
		if _, err := term.compare.pair(f, f); err != nil {
			return term, err
		}
	}
	return term, nil
}

// sizes are the sizes of types in a description.
var sizes = map[uint32]int16{
	pgtype.BoolOID: 1, pgtype.Int2OID: 2, pgtype.Int4OID: 4, pgtype.Int8OID: 8, pgtype.Float4OID: 4, pgtype.Float8OID: 8,
	pgtype.DateOID: 4, pgtype.TimestampOID: 8, pgtype.TimestamptzOID: 8, pgtype.UUIDOID: 16, pgtype.IntervalOID: 16,
}

// fieldOf describes a column of that type in binary form.
func fieldOf(oid uint32) pgconn.FieldDescription {
	size, ok := sizes[oid]
	if !ok {
		size = -1
	}
	return pgconn.FieldDescription{DataTypeOID: oid, DataTypeSize: size, TypeModifier: -1, Format: pgtype.BinaryFormatCode}
}
