package plan

import (
	"strconv"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// insert plans an INSERT.
func (p *planner) insert(n *tree.InsertStmt) (*Gather, *Insert, *statement.Refusal) {
	if table := p.a.ChangesReference; table != "" {
		return nil, nil, statement.RefuseReference(p.stmt, table)
	}
	switch {
	case n.Query != nil:
		// The analysis has found that every row belongs where it is read.
		g, r := p.newGather(&splice{stmt: p.stmt}, n, nil)
		return g, nil, r
	case len(n.Rows) == 0:
		return nil, nil, refuse(InsertKey, "DEFAULT VALUES", n, "the row has no key", "write the key's value")
	}
	decl := p.catalogue.Table(n.Target)
	if decl == nil {
		return nil, nil, refuse(InsertKey, "INSERT", n.Target, "the table isn't declared, so where its rows live isn't known",
			"declare the table and its key, or pin the statement to one shard with OnShard")
	}
	insert, r := p.insertRows(n, decl)
	return nil, insert, r
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
		return nil, refuse(InsertKey, "INSERT", n.Target, "it has no list of columns, and the table's are not declared", "write the list of columns")
	}
	places := make([]int, len(decl.Keys))
	for i, key := range decl.Keys {
		places[i] = -1
		for at, name := range names {
			switch {
			case name != key.Name:
			case places[i] >= 0:
				return nil, refuse(InsertKey, "INSERT", n.Columns[at], "the key column "+key.Name+" is named twice", "name it once")
			default:
				places[i] = at
			}
		}
		if places[i] < 0 {
			return nil, refuse(InsertKey, "INSERT", n.Target, "the key column "+key.Name+" isn't inserted", "write its value")
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
	}
	insert.style = styleOf(p.stmt)
	insert.surveyParams()
	if !insert.reads(n) {
		return nil, p.misread()
	}
	return insert, nil
}

// rowKey returns the value of a key column in row i.
func (p *planner) rowKey(row *tree.ValuesRow, i, at int, key statement.KeyColumn) (keyValue, *statement.Refusal) {
	clause := "row " + strconv.Itoa(i+1)
	if at >= len(row.Items) {
		return keyValue{}, refuse(InsertKey, clause, row, "it has no value for the key column "+key.Name, "write as many values as columns")
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
	return keyValue{}, refuse(InsertKey, clause, row.Items[at], "the key column "+key.Name+
		" has no value that is known here: no literal of the key's type, and no parameter", "pass the key as an argument")
}
