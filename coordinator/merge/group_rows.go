package merge

import "io"

// emit writes the next groups to a batch, and returns io.EOF after the last.
func (g *groups) emit() error {
	for {
		if g.out.full() {
			return nil
		}
		g.at = groupAt{groups: g, index: g.next}
		n := len(g.table.groups)
		if g.left != nil {
			n = len(g.left)
		}
		if g.next >= n {
			return io.EOF
		}
		if g.left != nil {
			g.at.index = g.left[g.next]
		}
		if err := g.evaluate(&g.at); err != nil {
			return err
		}
		if !g.out.write() {
			return nil // it needs another description, and so another batch
		}
		g.next++
	}
}

// evaluate gives the emitter the row of a group.
func (g *groups) evaluate(at *groupAt) error {
	if err := g.settle(at); err != nil {
		return err
	}
	g.out.room = g.out.room[:0]
	for i := range g.outputs {
		out, cell := &g.outputs[i], &g.out.row[i]
		if out.passed != nil {
			from, column, v := out.passed.of(g, at.index)
			cell.bytes = v
			if v != nil {
				cell.oid, cell.size, cell.format = from.Fields[column].DataTypeOID, from.Fields[column].DataTypeSize, from.Fields[column].Format
			}
			continue
		}
		v, err := out.node.eval(at)
		if err != nil {
			return err
		}
		g.out.encode(cell, &v, out.field.DataTypeOID)
	}
	return nil
}

// settle finds the errors of a group's aggregates, if an expression may leave one out: the databases finish all of them first.
func (g *groups) settle(at *groupAt) error {
	if !g.lazy {
		return nil
	}
	for i := range g.aggregates {
		if g.aggregates[i].passes() {
			continue
		}
		if _, err := (&aggregateNode{index: i}).eval(at); err != nil {
			return err
		}
	}
	return nil
}
