package merge

import "github.com/troupedb/troupe/messages"

// Position is a reader's place in a batch: the current row, and those after it.
//
// The row is kept as numbers rather than as slices: while the garbage collector runs, each slice that is written to the heap
// costs a write barrier, and most readers never ask for them.
type Position struct {
	batch   *messages.RowBatch // nil without a current row
	visible *messages.Description
	offset  int             // of the row after the current one
	left    int             // rows after the current one
	cells   []messages.Cell // of the current row, hidden columns included
	values  [][]byte        // of the visible columns of the current row, if they were asked for
	made    bool            // they were

	cellRoom  [8]messages.Cell
	valueRoom [8][]byte
}

// Begin moves to the first row of b, which has one. visible describes the columns that the reader sees, the first of b's.
func (p *Position) Begin(b *messages.RowBatch, visible *messages.Description) {
	if n := len(b.Description.Fields); len(p.cells) != n {
		p.cells, p.values = p.cellRoom[:0], p.valueRoom[:0]
		if n > len(p.cellRoom) {
			p.cells, p.values = make([]messages.Cell, n), make([][]byte, n)
		}
		p.cells, p.values = p.cells[:n], p.values[:n]
	}
	p.batch, p.visible, p.offset, p.left = b, visible, 0, b.Rows()
	p.Next()
}

// Next moves to the next row of the batch. REQUIRES: Left is not 0.
func (p *Position) Next() {
	p.left--
	p.offset = p.batch.ReadCells(p.offset, p.cells)
	p.made = false
}

// End leaves the batch.
func (p *Position) End() {
	p.batch, p.left, p.made = nil, 0, false
	clear(p.values)
}

// Left returns how many rows of the batch come after the current one.
func (p *Position) Left() int { return p.left }

// Batch returns the batch of the current row; nil without one.
func (p *Position) Batch() *messages.RowBatch { return p.batch }

// Description describes the visible columns of the current row.
func (p *Position) Description() *messages.Description { return p.visible }

// Value returns column i of the current row, which may be a hidden one: nil is NULL.
func (p *Position) Value(i int) []byte { return p.batch.Value(p.cells[i]) }

// Raw returns the visible columns of the current row; nil without one.
func (p *Position) Raw() [][]byte {
	if p.batch == nil {
		return nil
	}
	values := p.values[:len(p.visible.Fields)]
	if !p.made {
		for i := range values {
			values[i] = p.Value(i)
		}
		p.made = true
	}
	return values
}
