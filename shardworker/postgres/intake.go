package postgres

import (
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// maxPassedOver is how many bytes of rows that nobody gets are read, so as not to lose the connection.
const maxPassedOver = 1 << 20

// intake reads the results of a batch.
type intake struct {
	conn   *conn
	passed int // bytes that were passed over
}

// read reads m's result to its end. Rows beyond what may be shared are passed over, unless they are so many that the connection is
// given up for them.
func (in *intake) read(m *member, reader *pgconn.ResultReader) error {
	for reader.NextRow() {
		values := reader.Values()
		size := rowSize(values)
		switch {
		case !m.WantRows || m.tooMany:
			if in.passed += size; in.passed > maxPassedOver {
				in.conn.giveUp()
			}
			continue
		case m.rows == nil:
			m.rows = messages.NewRowBatch(in.conn.session.describe(in.conn.pgx, m.plan, reader.FieldDescriptions()))
		}
		if m.rows.Len()+size > shardworker.MaxSharedBytes {
			m.drop()
			m.tooMany = true
			continue
		}
		m.rows.AppendRow(values)
	}
	fields := reader.FieldDescriptions()
	tag, err := reader.Close()
	if err != nil {
		return err
	}
	m.tag = tag
	if m.rows != nil {
		m.declared = m.rows.Description
	} else if m.WantRows {
		m.declared = in.conn.session.describe(in.conn.pgx, m.plan, fields)
	}
	return nil
}

// rowSize is how many bytes a row takes in a RowBatch, and at least one.
func rowSize(values [][]byte) int {
	size := max(1, 4*len(values))
	for _, v := range values {
		size += len(v)
	}
	return size
}

// end is called when nothing is to come any more. If all had been received when the connection was given up, it goes on.
func (in *intake) end() {
	if in.passed > maxPassedOver {
		in.conn.relent()
	}
}

// giveUp ends the connection rather than to read what is still to come. What has been received may still be looked at.
func (c *conn) giveUp() { _ = c.session.raw.SetDeadline(longAgo) }

// relent takes giveUp back, if the connection has survived it. It has to: a pool looks at no deadline.
func (c *conn) relent() {
	if c.pgx.IsClosed() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.mu.interrupted.Load() {
		_ = c.session.raw.SetDeadline(time.Time{})
	}
}
