package merge

import (
	"slices"

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
		var err error
		oid := uint32(pgtype.UnknownOID)
		if out.node, oid, err = c.expression(o.X); err != nil {
			return out, err
		}
		out.field = fieldOf(oid)
	}
	out.field.Name = o.Name
	if o.Name == "" {
		out.field.Name = g.declared.Fields[o.NameOf].Name
	}
	return out, nil
}

// expression compiles e, with the type of its result.
func (c *compiler) expression(e Expr) (node, uint32, error) {
	if c.groups.spec.Dialect == messages.SQLite {
		n, err := c.sqlite(e)
		return n, pgtype.UnknownOID, err
	}
	x, err := c.postgresql(e)
	if err != nil {
		return nil, 0, err
	}
	n, err := c.as(x, pgtype.UnknownOID)
	if x.oid == pgtype.UnknownOID {
		x.oid = pgtype.TextOID
	}
	return n, x.oid, err
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
		var err error
		var oid uint32
		if term.node, oid, err = c.expression(o.X); err != nil {
			return term, err
		}
		if !slices.Contains([]uint32{pgtype.BoolOID, pgtype.TextOID, pgtype.UnknownOID}, oid) && !isNumber(oid) {
			return term, cannot(hintInGo, "ORDER BY a value of type %s", typeName(oid))
		}
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
