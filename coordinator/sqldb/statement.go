package sqldb

import (
	"context"
	"database/sql/driver"
)

var (
	_ driver.StmtExecContext  = (*statement)(nil)
	_ driver.StmtQueryContext = (*statement)(nil)
)

// statement is a text: the shard's connections prepare and keep statements by themselves.
type statement struct {
	conn *conn
	text string
}

// Prepare is PrepareContext of old.
func (c *conn) Prepare(query string) (driver.Stmt, error) { return &statement{c, query}, nil }

// PrepareContext sends nothing: what is wrong with the statement shows when it is run.
func (c *conn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return c.Prepare(query)
}

// NumInput returns -1: it isn't known before the database has seen the statement.
func (s *statement) NumInput() int { return -1 }

// Close does nothing.
func (s *statement) Close() error { return nil }

// ExecContext runs the statement.
func (s *statement) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.conn.ExecContext(ctx, s.text, args)
}

// QueryContext runs the statement for its rows.
func (s *statement) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.conn.QueryContext(ctx, s.text, args)
}

// Exec is ExecContext of old.
func (s *statement) Exec(args []driver.Value) (driver.Result, error) {
	return s.ExecContext(context.Background(), numbered(args))
}

// Query is QueryContext of old.
func (s *statement) Query(args []driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), numbered(args))
}

func numbered(args []driver.Value) []driver.NamedValue {
	list := make([]driver.NamedValue, len(args))
	for i, v := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return list
}
