package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// cursor is the read position in the rows of a statement. A conn has one, which it uses for one statement after another.
type cursor struct {
	conn *conn
	ctx  context.Context
	sql  string
	rows rows // nil if the cursor is closed
	desc *messages.Description
	// answered says that pgx has read the first row, or the end, together with the description.
	answered bool
	tag      pgconn.CommandTag
	err      error
}

func (cur *cursor) begin(ctx context.Context, c *conn, sql string, args []any, rows rows) *cursor {
	fields := rows.FieldDescriptions()
	var desc *messages.Description
	if c.directly {
		desc = c.session.describe(c.pgx, c.direct.statement, fields)
	} else {
		desc = c.session.descriptions.get(c.pgx.TypeMap(), sql, fields)
	}
	*cur = cursor{
		conn:     c,
		ctx:      ctx,
		sql:      sql,
		rows:     rows,
		desc:     desc,
		answered: len(fields) > 0 && c.preparesFirst(sql, args),
	}
	return cur
}

func (cur *cursor) open() bool { return cur.rows != nil }

// Buffered reports whether the next row, or the end, was received as a whole. In an existing pool it reports whether
// anything was received that was not looked at yet.
func (cur *cursor) Buffered() bool {
	if cur.rows == nil || cur.answered {
		return true
	}
	unread := cur.conn.pgx.PgConn().Frontend().ReadBufferLen()
	if f := cur.conn.session.frames; f != nil {
		return unread > 0 && f.hasWhole(unread)
	}
	return unread > 0
}

// Next moves to the next row.
func (cur *cursor) Next() bool {
	if cur.rows == nil {
		return false
	}
	cur.answered = false
	if cur.rows.Next() {
		return true
	}
	cur.finish("")
	return false
}

// Declared describes the columns.
func (cur *cursor) Declared() *messages.Description { return cur.desc }

// Description describes the columns.
func (cur *cursor) Description() *messages.Description { return cur.desc }

// Append copies the current row to b.
func (cur *cursor) Append(b *messages.RowBatch) {
	b.AppendRow(cur.rows.RawValues())
}

// Fill appends the rows that were received.
func (cur *cursor) Fill(b *messages.RowBatch, limit int) bool {
	for b.Len() < limit && cur.Buffered() {
		if !cur.Next() {
			return false
		}
		b.AppendRow(cur.rows.RawValues())
	}
	return true
}

// Close ends the statement.
func (cur *cursor) Close() (pgconn.CommandTag, error) {
	if cur.rows != nil {
		cur.abandon()
	}
	return cur.tag, cur.err
}

// abandon ends the statement before its last row was read. What was received already is passed over, and if that is the
// rest of the answer then the connection is as good as before. Otherwise pgx finds that its time is up: it asks the server
// to cancel, and the connection is spent.
func (cur *cursor) abandon() {
	cur.conn.giveUp()
	cur.rows.Close()
	cur.conn.relent()
	cur.finish("the cursor was closed before its last row")
}

// finish keeps the outcome of the rows, which are closed. abandoned is why the caller gave up, if it did.
func (cur *cursor) finish(abandoned string) {
	rows := cur.rows
	cur.rows = nil
	cur.tag = rows.CommandTag()
	err := rows.Err()
	switch {
	case err == nil:
		cur.err = cur.conn.settle(cur.ctx, "query", cur.sql, abandoned != "")
	case abandoned != "" && isTimeout(err) && cur.ctx.Err() == nil:
		cur.err = unlessRead(cur.sql, "query", &messages.Error{Code: messages.ErrCanceled, Op: "query", Detail: abandoned})
	default:
		cur.err = cur.conn.sentError(cur.ctx, "query", cur.sql, err)
	}
	cur.ctx = nil
}
