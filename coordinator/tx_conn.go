package coordinator

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// pgxConn is a connection of a shardworker that is one of pgx.
type pgxConn interface {
	PGX() *pgx.Conn
}

// Conn returns pgx's connection of a transaction that was begun on one PostgreSQL shard, for what troupe doesn't offer; nil for
// others, and while a statement runs. It must not be used while a statement of the transaction runs, nor after its end.
func (tx *Tx) Conn() *pgx.Conn {
	if tx.of.only < 0 || tx.open() != nil {
		return nil
	}
	for _, p := range tx.of.list() {
		if conn, ok := p.lease.Conn().(pgxConn); ok {
			return conn.PGX()
		}
	}
	return nil
}

// Prepare is pgx's, on a transaction that was begun on one PostgreSQL shard without Names. Elsewhere it is
// [messages.ErrInvalidRequest]: statements are prepared and remembered by themselves.
func (tx *Tx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	if err := tx.open(); err != nil {
		return nil, err
	}
	conn := tx.Conn()
	if conn == nil {
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "prepare", Detail: onePostgreSQL}
	}
	if !tx.of.troupe.cfg.Shards[tx.of.only].Names.IsZero() {
		// The connection keeps the statement, and another shard of the database, whose tables have other names, would find it.
		return nil, &messages.Error{
			Code: messages.ErrInvalidRequest, Op: "prepare", Shard: tx.of.troupe.cfg.Shards[tx.of.only].ID, Detail: "the shard has Names, and a prepared statement has none",
		}
	}
	s, err := conn.Prepare(ctx, name, sql)
	if err != nil && conn.PgConn().TxStatus() != 'T' {
		tx.of.fail(err)
	}
	return s, err
}

const onePostgreSQL = "it needs a transaction that was begun on one PostgreSQL shard, with no statement running"

// LargeObjects is pgx's, on a transaction that was begun on one PostgreSQL shard. Elsewhere, where there are none, it panics: pgx's
// type can't carry an error.
func (tx *Tx) LargeObjects() pgx.LargeObjects {
	conn := tx.Conn()
	if conn == nil {
		panic("troupe: LargeObjects: " + onePostgreSQL)
	}
	// An empty statement in place of BEGIN makes a pgx.Tx of the transaction that is open already.
	inner, err := conn.BeginTx(tx.of.ctx, pgx.TxOptions{BeginQuery: ";"})
	if err != nil {
		panic("troupe: LargeObjects: " + err.Error())
	}
	return inner.LargeObjects()
}
