package sqlite

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
)

// cursor is the read position of a statement whose first row, or end, has been reached.
type cursor struct {
	c         *connection
	s         *statement // nil once the cursor is closed
	described *messages.Description
	kinds     []kind // of described

	atFirst  bool // the first row is read, and Next has yet to come to it
	onRow    bool
	rows     int64
	rowBytes int  // of the current row
	shared   bool // a batch goes on after it

	tag pgconn.CommandTag
	err error
}

// query starts a statement, with cur, a new one, as its cursor.
func (c *connection) query(cur *cursor, sql string, args []any) error {
	args, err := withoutOptions(opQuery, args)
	if err != nil {
		return err
	}
	s, err := c.prepare(opQuery, sql)
	if err != nil {
		return err
	}
	cur.c, cur.s = c, s
	if s.handle == 0 {
		if len(args) > 0 {
			return invalidRequest(opQuery, "the statement is empty and got %d arguments", len(args))
		}
		c.current, cur.described = cur, &messages.Description{}
		return nil
	}
	if err := c.bindAll(opQuery, s, args); err != nil {
		s.reset(c)
		return err
	}
	more := cur.step()
	if cur.err != nil {
		return cur.err
	}
	cur.atFirst = more
	if !more {
		cur.kinds = s.noKinds()
		cur.describeNulls()
		cur.described = s.describe(cur.kinds)
	}
	c.current = cur
	if c.stopped() {
		c.interruptDatabase() // an interrupt from before the statement began is forgotten by SQLite
	}
	return nil
}

// Buffered reports true: what Next waits for is SQLite's own work, once the locks are held.
func (r *cursor) Buffered() bool { return true }

// Next moves to the next row.
func (r *cursor) Next() bool {
	switch {
	case r.atFirst:
		r.atFirst, r.onRow = false, true
		r.rows++
	case r.onRow:
		if r.onRow = r.step(); r.onRow {
			r.rows++
		}
	}
	return r.onRow
}

// step runs the statement to its next row and reads it. False means the end, or an error in r.err.
func (r *cursor) step() bool {
	s := r.s
	switch rc := s.step(r.c); rc {
	case sqlite3.SQLITE_ROW:
		if r.described == nil {
			s.refresh(r.c)
		}
		return r.read()
	case sqlite3.SQLITE_DONE:
		if r.described == nil {
			s.refresh(r.c)
		}
	default:
		r.fail(r.c.failed(opQuery, rc))
	}
	return false
}

// read reads the row's values, and describes the row if it differs from those before.
func (r *cursor) read() bool {
	c, s := r.c, r.s
	n := len(s.columns)
	if cap(c.cells) < n {
		c.cells = make([]cell, n)
	}
	c.cells = c.cells[:n]
	size, fits := 0, len(r.kinds) == n
	for i := range c.cells {
		v := &c.cells[i]
		v.read(c, s, i)
		size += int(v.n)
		if v.kind != null && fits && v.kind != r.kinds[i] {
			fits = false
		}
	}
	if size > c.maxRowBytes {
		r.fail(&messages.Error{Code: messages.ErrRowTooLarge, Op: opQuery, Detail: fmt.Sprintf("row %d has %d bytes, the largest may have %d", r.rows+1, size, c.maxRowBytes)})
		return false
	}
	r.rowBytes = size
	if !fits {
		r.describe()
	}
	return true
}

// describe makes a description that fits the current row. A NULL says nothing: its column stays as it was.
func (r *cursor) describe() {
	if r.kinds == nil {
		r.kinds = r.s.noKinds()
	}
	for i := range r.kinds {
		if k := r.c.cells[i].kind; k != null {
			r.kinds[i] = k
		}
	}
	r.describeNulls()
	r.described = r.s.describe(r.kinds)
}

// describeNulls gives the columns that have shown no value the kind of their declaration.
func (r *cursor) describeNulls() {
	for i, k := range r.kinds {
		if k == null {
			r.kinds[i] = r.s.columns[i].declared.empty
		}
	}
}

// Declared describes the columns by their declared types.
func (r *cursor) Declared() *messages.Description {
	if r.s == nil || r.s.handle == 0 {
		return &messages.Description{}
	}
	return r.s.declares()
}

// Description describes the current row, and before the first call of Next the first; if there is none, what is declared.
func (r *cursor) Description() *messages.Description { return r.described }

// growFrom is the size of a row from which on room for it is made at once.
const growFrom = 4 << 10

// Append copies the current row to b.
func (r *cursor) Append(b *messages.RowBatch) {
	if r.rowBytes >= growFrom {
		b.Grow(r.rowBytes + 4*len(r.c.cells))
	}
	for i := range r.c.cells {
		r.c.cells[i].appendTo(b)
	}
	b.EndRow()
}

// Close ends the statement. One that changes the database is run to its end first, so that it is committed when Close
// returns nil, and rolled back if it was interrupted.
func (r *cursor) Close() (pgconn.CommandTag, error) {
	if r.s == nil {
		return r.tag, r.err
	}
	if r.s.handle != 0 && !r.s.readOnly {
		r.finish()
	}
	r.release()
	if r.err != nil {
		return r.tag, r.err
	}
	return r.tag, nil
}

// finish passes over the rows that are left.
func (r *cursor) finish() {
	for r.err == nil && (r.atFirst || r.onRow) {
		r.atFirst = false
		switch rc := r.s.step(r.c); rc {
		case sqlite3.SQLITE_ROW:
			r.onRow = true
			r.rows++
		case sqlite3.SQLITE_DONE:
			r.onRow = false
		default:
			r.fail(r.c.failed(opQuery, rc))
		}
	}
}

// fail ends the statement with err.
func (r *cursor) fail(err *messages.Error) {
	r.atFirst, r.onRow, r.err = false, false, err
	r.s.reset(r.c) // lets go of its locks; what it returns is the same error again
}

// release ends the run.
func (r *cursor) release() {
	c, s := r.c, r.s
	if r.err == nil && s.handle != 0 {
		if rc := s.reset(c); rc != sqlite3.SQLITE_OK {
			r.err = c.failed(opQuery, rc)
		} else {
			r.tag = s.commandTag(c, r.rows)
		}
	}
	r.s, r.onRow, r.atFirst = nil, false, false
	c.current = nil
	if !r.shared {
		c.end()
	}
}

// abandon ends a statement whose cursor was never closed. Changes that it has made are rolled back.
func (r *cursor) abandon() {
	c := r.c
	if r.err == nil && r.s.handle != 0 && !r.s.readOnly {
		c.interruptDatabase() // a step that is interrupted rolls back; a reset would commit
		r.finish()
	}
	if r.err == nil {
		r.err = &messages.Error{Code: messages.ErrCanceled, Op: opQuery, Detail: "the connection was released before the cursor was closed"}
		r.s.reset(c)
	}
	r.release()
}
