package plan

import (
	"strconv"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// insert plans an INSERT.
func (p *planner) insert(plan *Plan, n *tree.InsertStmt) (r *statement.Refusal) {
	decl, r := p.insertable(n)
	switch {
	case r != nil:
		return r
	case n.Query != nil:
		plan.Gather, r = p.insertSelect(n, decl)
	case len(n.Rows) == 0:
		r = refuse(codeInsert, "DEFAULT VALUES", n, "the row has no key", "write the key's value")
	default:
		plan.Insert, r = p.insertRows(n, decl)
	}
	return r
}

// insertable returns the declaration of the table that rows are inserted into.
func (p *planner) insertable(n *tree.InsertStmt) (*statement.Table, *statement.Refusal) {
	if !p.a.Sharded(n.Target) {
		return nil, p.refuseReference(n.Target)
	}
	for _, o := range p.a.Occurrences {
		if o.Table == n.Target && o.Decl != nil {
			return o.Decl, nil
		}
	}
	return nil, refuse(codeInsert, "INSERT", n.Target, "the table isn't declared, so where its rows live isn't known",
		"declare the table and its key, or pin the statement to one shard with OnShard")
}

// keyColumns returns the places of the table's key columns in the inserted columns.
func (p *planner) keyColumns(n *tree.InsertStmt, decl *statement.Table) ([]int, *statement.Refusal) {
	var names []string
	for _, c := range n.Columns {
		names = append(names, c.Name)
	}
	if len(names) == 0 {
		names = decl.Columns
	}
	if len(names) == 0 {
		return nil, refuse(codeInsert, "INSERT", n.Target, "it has no list of columns, and the table's are not declared", "write the list of columns")
	}
	places := make([]int, len(decl.Keys))
	for i, key := range decl.Keys {
		places[i] = -1
		for at, name := range names {
			if name == key.Name {
				places[i] = at
			}
		}
		if places[i] < 0 {
			return nil, refuse(codeInsert, "INSERT", n.Target, "the key column "+key.Name+" isn't inserted", "write its value")
		}
	}
	return places, nil
}

// keyValue is the value of one key column in a row: a literal in canonical form, or a parameter.
type keyValue struct {
	literal any // nil if it is a parameter
	param   *tree.Param
}

// insertRows plans INSERT … VALUES, whose rows go to their shards one by one.
func (p *planner) insertRows(n *tree.InsertStmt, decl *statement.Table) (*Insert, *statement.Refusal) {
	places, r := p.keyColumns(n, decl)
	if r != nil {
		return nil, r
	}
	if n.With != nil {
		return nil, refuse(codeInsert, "WITH", n.With, "the rows are sent to several shards", "leave it out")
	}
	insert := &Insert{
		planner: p, rows: make([]insertRow, len(n.Rows)), count: p.count(), names: p.names(), types: make([]keyset.Type, len(decl.Keys)),
		Returning: len(n.Returning) > 0, Conflicts: len(n.Upserts) > 0 || n.Or != "", width: len(decl.Keys),
		head: tree.Span{End: n.RowsSpan.Start}, tail: tree.Span{Start: n.RowsSpan.End, End: len(p.stmt.Text)},
	}
	for i, key := range decl.Keys {
		insert.types[i] = key.Type
	}
	values := make([]keyValue, 0, len(n.Rows)*len(places))
	for i, row := range n.Rows {
		first := len(values)
		for k, at := range places {
			v, r := p.rowKey(row, i, at, decl.Keys[k])
			if r != nil {
				return nil, r
			}
			values = append(values, v)
		}
		insert.rows[i] = insertRow{span: row.Span, keys: values[first:len(values):len(values)]}
		if q := find1(row); q != nil {
			return nil, refuse(codeInsert, "row "+strconv.Itoa(i+1), q, "a subquery in VALUES would read one shard's rows", "insert with SELECT, or "+hintPin)
		}
	}
	insert.surveyParams()
	if !insert.reads(n) {
		return nil, p.misread()
	}
	return insert, nil
}

// find1 returns the first subquery in a row, or nil.
func find1(row *tree.ValuesRow) (found tree.Node) {
	for _, item := range row.Items {
		switch item.(type) {
		case *tree.Literal, *tree.Param:
			continue
		}
		tree.Walk(item, func(n tree.Node) bool {
			if q, ok := n.(*tree.Query); ok && found == nil {
				found = q
			}
			return found == nil
		})
	}
	return found
}

// rowKey returns the value of a key column in row i.
func (p *planner) rowKey(row *tree.ValuesRow, i, at int, key statement.KeyColumn) (keyValue, *statement.Refusal) {
	clause := "row " + strconv.Itoa(i+1)
	if at >= len(row.Items) {
		return keyValue{}, refuse(codeInsert, clause, row, "it has no value for the key column "+key.Name, "write as many values as columns")
	}
	x := tree.Bare(row.Items[at])
	switch n := x.(type) {
	case *tree.Param:
		return keyValue{param: n}, nil
	case *tree.Literal:
		if _, fraction := n.Value.(tree.Number); !fraction && n.Value != nil {
			if v, ok := keyset.Canonical(key.Type, n.Value); ok {
				return keyValue{literal: v}, nil
			}
		}
	case *tree.Unary:
		if l, ok := tree.Bare(n.X).(*tree.Literal); ok && n.Op == "-" && !n.Postfix {
			if v, isInt := l.Value.(int64); isInt {
				if c, ok := keyset.Canonical(key.Type, -v); ok {
					return keyValue{literal: c}, nil
				}
			}
		}
	}
	return keyValue{}, refuse(codeInsert, clause, row.Items[at], "the key column "+key.Name+
		" has no value that is known here: no literal of the key's type, and no parameter", "pass the key as an argument")
}

// insertSelect plans INSERT … SELECT where every row stays on its shard: the source's key becomes the target's.
func (p *planner) insertSelect(n *tree.InsertStmt, decl *statement.Table) (*Gather, *statement.Refusal) {
	elsewhere := func(at tree.Node) *statement.Refusal {
		return refuse(codeInsert, "INSERT … SELECT", at, "the rows may belong on other shards than those that they come from",
			"select the key of a table of the same group into the key, or "+hintPin)
	}
	places, r := p.keyColumns(n, decl)
	if r != nil {
		return nil, r
	}
	l, r := levelsOf(n.Query)
	if r != nil {
		return nil, r
	}
	b, ok := l.body.(*tree.Block)
	if !ok {
		return nil, elsewhere(n.Query)
	}
	s := &selection{planner: p, levels: l, q: l.query(), b: b, wide: -1, lastWide: -1, same: comparer{loose: true, only: onlyName(b)}}
	s.known = s.knownColumns()
	if r := s.refuseAlways(); r != nil {
		return nil, r
	}
	if s.limit.cut() {
		return nil, refuse(codeLimit, "LIMIT", l.query(), "every shard would apply it by itself", hintPin)
	}
	grouped, r := s.grouped()
	switch {
	case r != nil:
		return nil, r
	case grouped, !p.a.Sharded(b):
		return nil, elsewhere(b)
	case b.Distinct && !p.a.Keyed(b, append(expressions(b.Targets), b.DistinctOn...)):
		return nil, refuse(codeDistinct, "DISTINCT", b, "equal rows may live on several shards", hintPin)
	case len(b.DistinctOn) > 0 && !p.a.Keyed(b, b.DistinctOn):
		return nil, refuse(codeDistinct, "DISTINCT ON", b, "equal rows may live on several shards", hintPin)
	}
	carried := make([]tree.Expr, len(places))
	for i, at := range places {
		if at >= len(b.Targets) || hasStar(b.Targets[:at+1]) || !p.carries(b, b.Targets[at].X, decl, i) {
			return nil, elsewhere(b)
		}
		carried[i] = b.Targets[at].X
	}
	if !p.a.Keyed(b, carried) {
		return nil, elsewhere(b)
	}
	return p.newGather(&splice{stmt: p.stmt}, n, nil)
}

// carries reports whether x is the column that is key column i of a table whose rows live with those of decl.
func (p *planner) carries(b *tree.Block, x tree.Expr, decl *statement.Table, i int) bool {
	table, column, ok := p.a.ColumnOf(b, x)
	if !ok {
		return false
	}
	from := p.catalogue.Tables[table]
	if from == nil || from != decl && (from.Group == "" || from.Group != decl.Group) || len(from.Keys) != len(decl.Keys) {
		return false
	}
	return from.Keys[i].Name == column && from.Keys[i].Type == decl.Keys[i].Type
}
