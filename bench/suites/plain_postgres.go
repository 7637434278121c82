package suites

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/shardworker"
)

// server is what a pool and a connection of pgx have in common.
type server interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Begin(ctx context.Context) (pgx.Tx, error)
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error)
}

// plainPostgres is a PostgreSQL database by pgx.
type plainPostgres struct {
	server
	end func() error
}

func openPool(ctx context.Context, dsn shardworker.DSN) (plain, error) {
	pool, err := pgxpool.New(ctx, string(dsn))
	if err != nil {
		return nil, err
	}
	return plainPostgres{pool, func() error { pool.Close(); return nil }}, nil
}

func connectServer(ctx context.Context, dsn shardworker.DSN) (plain, error) {
	cfg, err := pgxpool.ParseConfig(string(dsn)) // understands what is meant for pools in a URL
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err != nil {
		return nil, err
	}
	return plainPostgres{conn, func() error { return conn.Close(context.WithoutCancel(ctx)) }}, nil
}

func (p plainPostgres) fetchAll(ctx context.Context, sql string) ([][]any, error) {
	rows, err := p.Query(ctx, sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
}

func (p plainPostgres) transact(ctx context.Context, f func(execFunc) error) error {
	return pgx.BeginFunc(ctx, p.server, func(tx pgx.Tx) error {
		return f(func(sql string, args ...any) error {
			_, err := tx.Exec(ctx, sql, args...)
			return err
		})
	})
}

func (p plainPostgres) load(ctx context.Context, rows [][]any) error {
	_, err := p.CopyFrom(ctx, pgx.Identifier{table}, nameless, pgx.CopyFromRows(rows))
	return err
}

func (p plainPostgres) close() error { return p.end() }
