package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

const opCopy = "copy"

var (
	_ shardworker.TxConn = (*conn)(nil)
	_ shardworker.Copier = (*conn)(nil)
)

// TxStatus returns what the server said last about the session's transaction.
func (c *conn) TxStatus() byte {
	if c.pgx == nil {
		return 'I'
	}
	return c.pgx.PgConn().TxStatus()
}

// CopyFrom inserts rows by COPY in binary form. A type that isn't PostgreSQL's own has to be registered with the connection, but for
// texts and bytes: they are sent as they are, which is right for an enum.
//
// It runs pgconn's CopyFrom and not pgx's, which sends the server the text of an error of the source, or the value that can't
// be encoded, lets a source's panic end the process, and names no row.
func (c *conn) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	rows, err := shardworker.NewCopyRows(ctx, table, columns, src)
	if err != nil {
		return 0, err
	}
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = pgx.Identifier{column}.Sanitize()
	}
	target, list := table.Sanitize(), strings.Join(names, ", ")
	described, err := c.describeCopy(ctx, "select "+list+" from "+target)
	if err != nil {
		return 0, err
	}
	sql := "copy " + target + " (" + list + ") from stdin binary"
	in := newCopyStream(c.pgx.TypeMap(), rows, described.Fields)
	endTrace := c.traceCopy(&ctx, table, columns)
	tag, err := c.pgx.PgConn().CopyFrom(ctx, in, sql)
	in.stop() // pgconn doesn't wait for its reader if the connection is lost
	err = c.copyError(ctx, sql, in, err)
	endTrace(tag, err)
	if err != nil {
		return 0, err
	}
	return tag.RowsAffected(), nil
}

// describeCopy asks for the types of the columns. Nothing was sent but that, so it may be asked again elsewhere.
func (c *conn) describeCopy(ctx context.Context, sql string) (*pgconn.StatementDescription, error) {
	for attempt := 1; ; attempt++ {
		if err := c.usable(ctx, opCopy); err != nil {
			return nil, err
		}
		c.noteState()
		described, err := c.pgx.PgConn().Prepare(ctx, "", sql, nil)
		if err == nil {
			c.used = true
			return described, nil
		}
		again, failure := c.again(ctx, opCopy, err, false, attempt)
		if !again {
			if failure == nil {
				failure = c.classify(ctx, opCopy, sql, err, false)
			}
			return nil, failure
		}
	}
}

// copyError returns what has become of the COPY sql: err is what pgconn says.
func (c *conn) copyError(ctx context.Context, sql string, in *copyStream, err error) error {
	if err == nil {
		return nil
	}
	if in.err != nil && !c.pgx.IsClosed() && ctx.Err() == nil && !c.interrupted() {
		return in.err // the server was told to forget the rows, and did
	}
	failure := c.sentError(ctx, opCopy, sql, err)
	var known *messages.Error
	if !in.complete && errors.As(failure, &known) && known.Code == messages.ErrOutcomeUnknown {
		return known.Err // a COPY without its end takes no effect
	}
	return failure
}

// traceCopy tells the connection's tracer of a COPY, as pgx does, and returns what is to be called at its end.
func (c *conn) traceCopy(ctx *context.Context, table pgx.Identifier, columns []string) func(pgconn.CommandTag, error) {
	tracer, ok := c.pgx.Config().Tracer.(pgx.CopyFromTracer)
	if !ok {
		return func(pgconn.CommandTag, error) {}
	}
	*ctx = tracer.TraceCopyFromStart(*ctx, c.pgx, pgx.TraceCopyFromStartData{TableName: table, ColumnNames: columns})
	return func(tag pgconn.CommandTag, err error) {
		tracer.TraceCopyFromEnd(*ctx, c.pgx, pgx.TraceCopyFromEndData{CommandTag: tag, Err: err})
	}
}
