package fake

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// cursor reads the rows of a Result.
type cursor struct {
	c           *conn
	ctx         context.Context
	sql         string
	result      Result
	declared    *messages.Description
	description *messages.Description
	layouts     []layout // those that are still to come

	next   int      // the row that Next moves to
	values [][]byte // of the current row
	bytes  []byte   // that values point into; the next row overwrites them

	read   bool // to the end of the rows
	closed bool
	tag    pgconn.CommandTag
	err    error
}

// ask looks up the answer.
func (cur *cursor) ask(args []any) error {
	b := cur.c.b
	result := b.answer(cur.ctx, cur.sql, args)
	if err := b.pass(cur.ctx, result.steps[AtQuery], "query", messages.ErrStatement); err != nil {
		return err
	}
	cur.open(result)
	return nil
}

func (cur *cursor) open(result Result) {
	cur.result = result
	cur.layouts = result.columns
	cur.describe()
	cur.declared = cur.description
}

// Declared describes the columns that the Result began with.
func (cur *cursor) Declared() *messages.Description { return cur.declared }

// describe makes a new Description if the next row needs one.
func (cur *cursor) describe() {
	for len(cur.layouts) > 0 && cur.layouts[0].from <= cur.next {
		cur.description = &messages.Description{Fields: cur.layouts[0].fields}
		cur.values = make([][]byte, len(cur.layouts[0].fields))
		cur.layouts = cur.layouts[1:]
	}
}

// Buffered asks the Result.
func (cur *cursor) Buffered() bool {
	if cur.result.buffered != nil {
		return cur.result.buffered(cur.next)
	}
	return cur.read || cur.err != nil || len(cur.result.stepsAtRow(cur.next)) == 0
}

// Next takes the steps of the next row, and moves to it.
func (cur *cursor) Next() bool {
	defer cur.c.use("Next")()
	return cur.move()
}

func (cur *cursor) move() bool {
	if cur.read || cur.err != nil || cur.closed {
		return false
	}
	if err := cur.c.b.pass(cur.ctx, cur.result.stepsAtRow(cur.next), "rows", messages.ErrStatement); err != nil {
		cur.err = err
		return false
	}
	if cur.next == cur.result.rows {
		cur.read = true
		return false
	}
	cur.describe()
	cur.encode(cur.result.generate(cur.next))
	cur.next++
	return true
}

func (cur *cursor) encode(row []any) {
	fields := cur.description.Fields
	if len(row) != len(fields) {
		panic(fmt.Sprintf("bug: row %d has %d values for %d columns", cur.next, len(row), len(fields)))
	}
	cur.bytes = cur.bytes[:0]
	if cur.bytes == nil {
		cur.bytes = make([]byte, 0, 64) // Encode answers nil for NULL only if its buffer isn't nil
	}
	for i, v := range row {
		cur.values[i] = cur.encodeValue(fields[i], v)
	}
}

func (cur *cursor) encodeValue(field pgconn.FieldDescription, v any) []byte {
	begin := len(cur.bytes)
	if raw, ok := v.(Raw); ok {
		cur.bytes = append(cur.bytes, raw...)
		return cur.bytes[begin:]
	}
	encoded, err := cur.c.session.types.Encode(field.DataTypeOID, pgtype.BinaryFormatCode, v, cur.bytes)
	if err != nil {
		panic(fmt.Sprintf("bug: row %d, column %s: %v", cur.next, field.Name, err))
	}
	if encoded == nil {
		return nil
	}
	cur.bytes = encoded // a value before it may stay in the old array, where nothing changes it
	return cur.bytes[begin:]
}

// Description returns the columns of the current row.
func (cur *cursor) Description() *messages.Description { return cur.description }

// Append copies the current row.
func (cur *cursor) Append(b *messages.RowBatch) {
	if b.Description != cur.description {
		panic("bug: a row was appended to a batch of another description")
	}
	for _, v := range cur.values {
		b.AppendRaw(v)
	}
	b.EndRow()
}

// Close takes the steps at AtCursorClose, and ends the statement.
func (cur *cursor) Close() (pgconn.CommandTag, error) {
	defer cur.c.use("Close")()
	return cur.end()
}

func (cur *cursor) end() (pgconn.CommandTag, error) {
	if cur.closed {
		return cur.tag, cur.err
	}
	if !cur.read {
		cur.c.spent = cur.c.spent || cur.err == nil
	}
	cur.settle()
	cur.c.finish(cur.err)
	return cur.tag, cur.err
}

// settle takes the last steps of the statement, and makes its tag.
func (cur *cursor) settle() {
	for _, step := range cur.result.steps[AtCursorClose] {
		err := cur.c.b.take(cur.ctx, step, "close", messages.ErrStatement)
		if cur.err == nil {
			cur.err = err
		}
	}
	if cur.read && cur.err == nil {
		cur.tag = cur.result.commandTag()
		cur.c.followTransaction(cur.sql)
	}
	cur.closed = true
}

// fail ends a statement that got no cursor, and returns err.
func (cur *cursor) fail(err error) error {
	cur.closed, cur.err = true, err
	cur.c.finish(err)
	return err
}
