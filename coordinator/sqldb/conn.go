package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

var (
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
)

// conn is what database/sql takes for a connection: the shard, and the transaction that is open, if one is. One goroutine uses it at a time.
type conn struct {
	*connector
	tx pgx.Tx // nil outside of a transaction
}

// querier is the troupe, or a transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// target returns what runs a statement, and its context. A transaction that the caller's context carries is none of this connection's.
func (c *conn) target(ctx context.Context) (querier, context.Context) {
	ctx = coordinator.OnShard(coordinator.WithTx(ctx, nil), c.shard)
	if c.tx != nil {
		return c.tx, ctx
	}
	return c.troupe, ctx
}

// ExecContext runs a statement, or without args several.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	q, ctx := c.target(ctx)
	tag, err := q.Exec(ctx, query, values(args)...)
	if err != nil {
		return nil, err
	}
	return driver.RowsAffected(tag.RowsAffected()), nil
}

// QueryContext runs a statement that returns rows.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	q, ctx := c.target(ctx)
	found, err := q.Query(ctx, query, values(args)...)
	if err != nil {
		return nil, err
	}
	return newRows(found), nil
}

func values(args []driver.NamedValue) []any {
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a.Value
	}
	return list
}

// CheckNamedValue lets every value pass that isn't named: the troupe knows more of them than database/sql.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if v.Name != "" {
		return invalid("arguments have no names, but are numbered: "+v.Name, c.shard)
	}
	return nil
}

// Ping asks the shard for an answer.
func (c *conn) Ping(ctx context.Context) error {
	q, ctx := c.target(ctx)
	found, err := q.Query(ctx, "SELECT 1")
	if err != nil {
		return err
	}
	found.Close()
	return found.Err()
}

// BeginTx begins a transaction on a connection of the shard, which it has until it ends. ctx bounds the whole of it.
func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if c.tx != nil {
		return nil, invalid("the connection is in a transaction", c.shard)
	}
	options, err := c.options(o)
	if err != nil {
		return nil, err
	}
	_, ctx = c.target(ctx)
	tx, err := c.troupe.BeginTx(ctx, options)
	if err != nil {
		return nil, err
	}
	c.tx = tx
	return &transaction{c}, nil
}

func (c *conn) options(o driver.TxOptions) (pgx.TxOptions, error) {
	var options pgx.TxOptions
	if o.ReadOnly {
		options.AccessMode = pgx.ReadOnly
	}
	switch level := sql.IsolationLevel(o.Isolation); level {
	case sql.LevelDefault:
	case sql.LevelReadUncommitted:
		options.IsoLevel = pgx.ReadUncommitted
	case sql.LevelReadCommitted:
		options.IsoLevel = pgx.ReadCommitted
	case sql.LevelRepeatableRead, sql.LevelSnapshot:
		options.IsoLevel = pgx.RepeatableRead
	case sql.LevelSerializable:
		options.IsoLevel = pgx.Serializable
	default:
		return options, invalid(fmt.Sprintf("there is no isolation level %s", level), c.shard)
	}
	return options, nil
}

// Begin is BeginTx of old.
func (c *conn) Begin() (driver.Tx, error) { return c.BeginTx(context.Background(), driver.TxOptions{}) }

// Close rolls back what is open.
func (c *conn) Close() error {
	if c.tx == nil {
		return nil
	}
	return (&transaction{c}).Rollback()
}

// transaction is the one of its connection.
type transaction struct{ c *conn }

// Commit ends the transaction. Its outcome may be unknown: [messages.ErrOutcomeUnknown].
func (t *transaction) Commit() error { return t.end(pgx.Tx.Commit) }

// Rollback undoes the transaction.
func (t *transaction) Rollback() error { return t.end(pgx.Tx.Rollback) }

// end has no context of the caller's: database/sql has none for it. What bounds it is the one that the transaction began with.
func (t *transaction) end(how func(pgx.Tx, context.Context) error) error {
	tx := t.c.tx
	if tx == nil {
		return sql.ErrTxDone
	}
	t.c.tx = nil
	return how(tx, context.Background())
}

func invalid(detail string, shard messages.ShardID) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Shard: shard, Op: "database/sql", Detail: detail}
}
