package coordinator

import "github.com/troupedb/troupe/messages"

// position is the reader's place in a batch: the current row, and those after it.
//
// The row is kept as numbers rather than as slices: while the garbage collector runs, each slice that is written to the heap
// costs a write barrier, and most readers never ask for them.
type position struct {
	batch  *messages.RowBatch // nil without a current row
	offset int                // of the row after the current one
	left   int                // rows after the current one
	cells  []messages.Cell    // of the current row
	values [][]byte           // of the current row, if they were asked for
	made   bool               // they were

	cellRoom  [8]messages.Cell
	valueRoom [8][]byte
}

// begin moves to the first row of b, which has one.
func (p *position) begin(b *messages.RowBatch) {
	if n := len(b.Description.Fields); len(p.cells) != n {
		p.cells, p.values = p.cellRoom[:0], p.valueRoom[:0]
		if n > len(p.cellRoom) {
			p.cells, p.values = make([]messages.Cell, n), make([][]byte, n)
		}
		p.cells, p.values = p.cells[:n], p.values[:n]
	}
	p.batch, p.offset, p.left = b, 0, b.Rows()
	p.next()
}

// next moves to the next row, which there is.
func (p *position) next() {
	p.left--
	p.offset = p.batch.ReadCells(p.offset, p.cells)
	p.made = false
}

// end leaves the batch.
func (p *position) end() {
	p.batch, p.left, p.made = nil, 0, false
	clear(p.values)
}

// value returns column i of the current row: nil is NULL.
func (p *position) value(i int) []byte { return p.batch.Value(p.cells[i]) }

// raw returns all columns of the current row.
func (p *position) raw() [][]byte {
	if p.batch == nil {
		return nil
	}
	if !p.made {
		for i := range p.cells {
			p.values[i] = p.value(i)
		}
		p.made = true
	}
	return p.values
}
