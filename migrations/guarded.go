package migrations

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/troupedb/troupe/coordinator/schema"
)

// guarded is a connector whose transactions are alone in migrating the shard, and fail to begin if goose's plan no longer holds.
type guarded struct {
	driver.Connector
	ledger *ledger
}

// session is what the connections of the package sqldb can do.
type session interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.NamedValueChecker
	driver.Pinger
}

// Connect returns a connection.
func (g *guarded) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &guardedConn{session: c.(session), ledger: g.ledger}, nil
}

type guardedConn struct {
	session
	ledger *ledger
	open   bool // a transaction is
}

// BeginTx begins a transaction that is alone.
func (c *guardedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	if o.Isolation == driver.IsolationLevel(sql.LevelDefault) {
		o.Isolation = driver.IsolationLevel(c.ledger.isolation())
	}
	tx, err := c.session.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := c.ledger.alone(ctx, c.session); err != nil {
		return nil, errors.Join(schema.RolledBack(lockStatement, err), tx.Rollback())
	}
	c.open = true
	return &guardedTx{tx, c}, nil
}

// ExecContext runs a statement. Within a transaction that fails there is no doubt what became of it.
func (c *guardedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.session.ExecContext(ctx, query, args)
	if err != nil && c.open {
		err = schema.RolledBack(query, err)
	}
	return result, err
}

// guardedTx is the transaction of its connection.
type guardedTx struct {
	driver.Tx
	of *guardedConn
}

// Commit ends the transaction.
func (t *guardedTx) Commit() error {
	t.of.open = false
	return t.Tx.Commit()
}

// Rollback undoes the transaction.
func (t *guardedTx) Rollback() error {
	t.of.open = false
	return t.Tx.Rollback()
}
