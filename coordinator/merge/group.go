package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"unsafe"

	"github.com/troupedb/troupe/messages"
)

// groups merges partial groups. It reads all of the feed before the first row.
type groups struct {
	spec     *Spec
	feed     Feed
	budget   int64
	declared *messages.Description // of the shards' rows

	keys       []groupKey
	aggregates []aggregate
	having     node // nil without
	order      []orderTerm
	outputs    []output
	lazy       bool // an expression may leave out a part of it

	table  groupTable
	states []state // of each group, one for each aggregate
	values int64   // bytes that states hold beside themselves
	seen   *messages.Description
	row    rowAt
	id     []byte // room for a group's identity

	distinct identitySet // of the values that CountDistinct and its like have seen

	left []int // groups to yield, if they were sorted or chosen; else next counts
	next int
	at   groupAt // of the row that is written
	out  emitter
	err  error // ends the rows
	read bool
}

// groupKey is a column that makes a group.
type groupKey struct {
	column    int
	collation Collation
}

// Description describes the outputs as far as they were declared.
func (g *groups) Description() *messages.Description { return g.out.declared }

// Next returns the next group.
func (g *groups) Next(ctx context.Context) (*Position, error) {
	if g.out.at.Left() > 0 {
		g.out.at.Next()
		return &g.out.at, nil
	}
	g.out.recycle()
	if g.err == nil && !g.read {
		if err := g.readAll(ctx); err != nil {
			return nil, err
		}
	}
	if g.err == nil {
		g.err = g.emit()
	}
	if g.out.begin() {
		return &g.out.at, nil
	}
	return nil, g.err
}

// readAll reads all batches of the feed, and chooses the groups to yield. Errors of the feed are returned, and the next call goes on;
// others end the rows.
func (g *groups) readAll(ctx context.Context) error {
	if g.row.cells == nil {
		g.row.cells = make([]messages.Cell, len(g.declared.Fields))
		if len(g.keys) == 0 {
			g.states = make([]state, len(g.aggregates))
			g.table.groups = make([]group, 1)
		}
	}
	for g.err == nil {
		b, err := g.feed.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			g.read, g.err = true, g.choose()
			return g.err
		case err != nil:
			return err
		}
		g.err = g.addBatch(b)
	}
	return g.err
}

func (g *groups) addBatch(b *messages.RowBatch) error {
	if b.Description != g.seen {
		if err := g.describe(b.Description); err != nil {
			return err
		}
	}
	if len(g.keys) > 0 && g.states == nil { // most sources have the same groups
		g.states = make([]state, 0, b.Rows()*len(g.aggregates))
		g.table.expect(b.Rows(), b.Len())
	}
	g.row.batch, g.row.from = b, b.Description
	for offset, left := 0, b.Rows(); left > 0; left-- {
		offset = b.ReadCells(offset, g.row.cells)
		index := 0
		if len(g.keys) > 0 {
			var err error
			if index, err = g.find(); err != nil {
				return err
			}
		}
		states := g.states[index*len(g.aggregates):]
		for i := range g.aggregates {
			a := &g.aggregates[i]
			if a.isDistinct() {
				fresh, err := g.fresh(i, index)
				if err != nil {
					return err
				}
				if !fresh {
					continue
				}
			}
			grown, err := a.add(&states[i], &g.row)
			if err != nil {
				return err
			}
			if grown > 0 {
				g.values += grown
				if err := g.fits(); err != nil {
					return err
				}
			}
		}
	}
	g.row.batch = nil
	return nil
}

// describe checks that rows that d describes are what was declared. On SQLite the types are the rows' own.
func (g *groups) describe(d *messages.Description) error {
	if len(d.Fields) != len(g.declared.Fields) {
		return malformedRows(len(d.Fields), len(g.declared.Fields))
	}
	if g.spec.Dialect == messages.PostgreSQL {
		for i := range d.Fields {
			f, declared := &d.Fields[i], &g.declared.Fields[i]
			sameType := f.DataTypeOID == declared.DataTypeOID || f.DataTypeOID >= firstUserOID && declared.DataTypeOID >= firstUserOID
			if !sameType || f.Format != declared.Format {
				return &messages.Error{
					Code: messages.ErrSchemaMismatch, Op: opMerge,
					Detail: fmt.Sprintf("column %q has another type or form than was declared", f.Name),
				}
			}
		}
	}
	g.seen = d
	return nil
}

func malformedRows(n, declared int) error {
	return &messages.Error{Code: messages.ErrSchemaMismatch, Op: opMerge, Detail: fmt.Sprintf("rows of %d columns, and %d were declared", n, declared)}
}

// find returns the group of the current row.
func (g *groups) find() (int, error) {
	id := g.id[:0]
	for i := range g.keys {
		k := &g.keys[i]
		var err error
		id, err = appendIdentity(id, g.spec.Dialect, &g.row.from.Fields[k.column], k.collation, g.row.value(k.column))
		if err != nil {
			return 0, err
		}
	}
	g.id = id
	index, fresh := g.table.find(id)
	if !fresh {
		return index, nil
	}
	g.table.keep(index, &g.row, g.keys)
	n := len(g.states) + len(g.aggregates)
	g.states = slices.Grow(g.states, len(g.aggregates))[:n]
	return index, g.fits()
}

// fresh reports whether the current row has a value that aggregate i hasn't seen in that group. NULL isn't.
func (g *groups) fresh(i, index int) (bool, error) {
	a := &g.aggregates[i]
	v := g.row.value(a.Column)
	if v == nil {
		return false, nil
	}
	id := append(g.id[:0], byte(i), byte(i>>8), byte(index), byte(index>>8), byte(index>>16), byte(index>>24))
	id, err := appendIdentity(id, g.spec.Dialect, &g.row.from.Fields[a.Column], a.collation, v)
	if err != nil {
		return false, err
	}
	g.id = id
	if !g.distinct.add(id) {
		return false, nil
	}
	return true, g.fits()
}

// fits returns an error if what is held is beyond the budget.
func (g *groups) fits() error {
	held := g.values + g.table.bytes() + int64(cap(g.states))*int64(unsafe.Sizeof(state{})) + g.distinct.bytes()
	if held <= g.budget {
		return nil
	}
	clause := "GROUP BY"
	if g.distinct.bytes() > held/2 {
		clause = "an aggregate with DISTINCT"
	}
	return &messages.Error{
		Code: messages.ErrTooLarge, Op: opMerge,
		Detail: fmt.Sprintf("%s has to hold more than its budget of %d bytes: narrow it with WHERE, or raise the budget", clause, g.budget),
	}
}
