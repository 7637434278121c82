package merge

import "github.com/troupedb/troupe/messages"

// Position is a reader's place in a batch: the current row, and those after it.
//
// The row is kept as numbers rather than as slices: while the garbage collector runs, each slice that is written to the heap
// costs a write barrier, and most readers never ask for them.
type Position struct {
	batch   *messages.RowBatch // nil without a current row
	visible *messages.Description
	begin   int             // of the current row
	offset  int             // of the row after the current one; unknown until that is read or walked through
	read    bool            // cells are those of the current row
	left    int             // rows after the current one
	cells   []messages.Cell // of the current row, hidden columns included
	values  [][]byte        // of the visible columns of the current row, if they were asked for; nil before
	made    bool            // they were

	cellRoom [8]messages.Cell
}

// Begin moves to the first row of b, which has one. visible describes the columns that the reader sees, the first of b's.
func (p *Position) Begin(b *messages.RowBatch, visible *messages.Description) {
	p.BeginUnread(b, visible)
	p.Read()
}

// BeginUnread is Begin for a reader that calls Read before it looks at the row, or walks through it.
func (p *Position) BeginUnread(b *messages.RowBatch, visible *messages.Description) {
	if n := len(b.Description.Fields); len(p.cells) != n {
		p.cells, p.values = p.cellRoom[:0], nil
		if n > len(p.cellRoom) {
			p.cells = make([]messages.Cell, n)
		}
		p.cells = p.cells[:n]
	}
	p.batch, p.visible, p.offset, p.left = b, visible, 0, b.Rows()
	p.NextUnread()
}

// Next moves to the next row of the batch. REQUIRES: Left is not 0.
func (p *Position) Next() {
	p.NextUnread()
	p.Read()
}

// NextUnread is Next for a reader that calls Read before it looks at the row, or walks through it.
func (p *Position) NextUnread() {
	if p.offset == unknown {
		p.Read()
	}
	p.left--
	p.begin, p.offset = p.offset, unknown
	p.read, p.made = false, false
}

// unknown is the offset of a row that was not come to yet.
const unknown = -1

// Read reads the current row, once.
func (p *Position) Read() {
	if !p.read {
		p.offset = p.batch.ReadCells(p.begin, p.cells)
		p.read = true
	}
}

// Walk returns the values of the current row, the hidden ones last.
func (p *Position) Walk() messages.Values { return p.batch.ValuesFrom(p.begin) }

// Walked says where a walk through the visible values of the current row has come to, which spares an unread row being read. REQUIRES: the row
// was read, or no column is hidden.
func (p *Position) Walked(to messages.Values) {
	if p.offset == unknown {
		p.offset = p.batch.Offset(to)
	}
}

// End leaves the batch.
func (p *Position) End() {
	p.batch, p.left, p.offset, p.made = nil, 0, 0, false
	clear(p.values)
}

// Left returns how many rows of the batch come after the current one.
func (p *Position) Left() int { return p.left }

// Batch returns the batch of the current row; nil without one.
func (p *Position) Batch() *messages.RowBatch { return p.batch }

// Description describes the visible columns of the current row.
func (p *Position) Description() *messages.Description { return p.visible }

// Value returns column i of the current row, which may be a hidden one: nil is NULL. REQUIRES: the row was read.
func (p *Position) Value(i int) []byte { return p.batch.Value(p.cells[i]) }

// Raw returns the visible columns of the current row; nil without one.
func (p *Position) Raw() [][]byte {
	if p.batch == nil {
		return nil
	}
	if p.values == nil {
		p.values = make([][]byte, len(p.cells))
	}
	values := p.values[:len(p.visible.Fields)]
	if !p.made {
		p.Read()
		for i := range values {
			values[i] = p.Value(i)
		}
		p.made = true
	}
	return values
}
