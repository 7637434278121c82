package merge

// sqliteChoice compiles the expressions that choose between values, or convert one.
func (c *compiler) sqliteChoice(e Expr) (node, error) {
	switch e := e.(type) {
	case Coalesce:
		c.groups.lazy = true
		list, err := c.sqliteValues(e.Args)
		return &firstPresent{list}, err
	case NullIf:
		list, err := c.sqliteValues([]Expr{e.X, e.Y})
		if err != nil {
			return nil, err
		}
		bytewise := c.bytewise(e.X) && c.bytewise(e.Y)
		return &nullIf{list[0], list[1], func(x, y *datum) (bool, error) {
			order, err := comparePlain(x, y, bytewise)
			return order == 0, err
		}}, nil
	case CaseWhen:
		return c.sqliteCase(e)
	case In:
		return c.sqliteIn(e)
	case Convert:
		list, err := c.sqliteValues([]Expr{e.X})
		if err != nil {
			return nil, err
		}
		cast, err := sqliteCast(e.Type.Name)
		return &call{list[0], cast}, err
	case Function:
		return c.sqliteFunction(e)
	default:
		return nil, cannot(hintInGo, "an expression over groups")
	}
}

// sqliteValues compiles operands whose values may become the result. Those of which only the shard's declaration makes something else
// are refused: beyond the column itself SQLite takes them as what they are stored as.
func (c *compiler) sqliteValues(list []Expr) ([]node, error) {
	nodes := make([]node, len(list))
	for i, e := range list {
		if c.hidesIntegers(e) {
			return nil, cannot("group by +column, or compute it in Go", "an expression over a column of a floating or numeric type")
		}
		n, err := c.sqlite(e)
		if err != nil {
			return nil, err
		}
		nodes[i] = &stored{n}
	}
	return nodes, nil
}

// stored refuses a value that isn't known as it is stored.
type stored struct{ x node }

func (n *stored) eval(at *groupAt) (datum, error) {
	v, err := n.x.eval(at)
	if err == nil && v.kind == passedDatum {
		err = cannot(hintInGo, "an expression over values that are declared as times, uuid or json")
	}
	return v, err
}

func (c *compiler) sqliteCase(e CaseWhen) (node, error) {
	c.groups.lazy = true
	n := &choice{otherwise: &known{}}
	for _, arm := range e.Arms {
		cond, err := c.sqlite(arm.Cond)
		if err != nil {
			return nil, err
		}
		result, err := c.sqliteValues([]Expr{arm.Result})
		if err != nil {
			return nil, err
		}
		n.conds, n.results = append(n.conds, cond), append(n.results, result[0])
	}
	if e.Else != nil {
		otherwise, err := c.sqliteValues([]Expr{e.Else})
		if err != nil {
			return nil, err
		}
		n.otherwise = otherwise[0]
	}
	return n, nil
}

// sqliteIn compiles IN: each member is compared as if it had a plus before it, under the affinity and collation of the value.
func (c *compiler) sqliteIn(e In) (node, error) {
	x, err := c.sqlite(e.X)
	if err != nil {
		return nil, err
	}
	members := &junction{or: true, truth: sqliteTruth}
	for _, member := range e.List {
		m, err := c.sqlite(member)
		if err != nil {
			return nil, err
		}
		if !isKnown(m) {
			return nil, cannot("write it as OR", "IN with members that aren't constants")
		}
		members.args = append(members.args, &sqliteComparison{op: "=", l: x, r: m, column: c.hasAffinity(e.X), bytewise: c.bytewise(e.X)})
	}
	if e.Not {
		return &negation{members, sqliteTruth}, nil
	}
	return members, nil
}

// comparePlain compares two stored values as functions do: no affinity converts them.
func comparePlain(x, y *datum, bytewise bool) (int, error) {
	if x.kind == textDatum && y.kind == textDatum && !bytewise {
		return 0, cannot("compare it in WHERE, where each shard does it", "the comparison of texts that may have a collation")
	}
	return compareSQLite(x, y), nil
}
