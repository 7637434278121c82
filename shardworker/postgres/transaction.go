package postgres

import (
	"context"

	"github.com/troupedb/troupe/messages"
)

// settle returns an error, and has it rolled back, if a text of several statements was run but has left a transaction open
// that it began. A BEGIN that comes alone is meant to be followed by more on the same conn; this one would end with
// Release, and nobody would know that it took no effect. hurried says that there is no time to tell the server.
func (c *conn) settle(ctx context.Context, op, sql string, hurried bool) error {
	pg := c.pgx.PgConn()
	if !c.idle || pg.TxStatus() == 'I' || len(statements(sql, c.escapes())) < 2 {
		return nil
	}
	if hurried {
		c.Interrupt() // Release cuts the connection off, and the server rolls back
	} else if !pg.IsClosed() {
		if _, err := c.pgx.Exec(ctx, "rollback"); err != nil {
			c.Interrupt()
		}
	}
	return c.unlessCommitted(sql, op, &messages.Error{
		Code: messages.ErrInvalidRequest, Op: op,
		Detail: "the statement left a transaction open, which was rolled back; it has to end with a COMMIT",
	})
}
