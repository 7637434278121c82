package suites

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	_ "modernc.org/sqlite" // the driver of database/sql

	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// plainSQLite is a SQLite database by database/sql, with the same settings as the shard has.
type plainSQLite struct{ db *sql.DB }

func openFile(dsn shardworker.DSN) (plain, error) {
	cfg, err := sqlite.Parse(string(dsn))
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", driverDSN(cfg))
	if err != nil {
		return nil, err
	}
	return plainSQLite{db}, nil
}

// driverDSN says to modernc's driver what cfg says to ours.
func driverDSN(cfg sqlite.Config) string {
	options := url.Values{"_txlock": {"immediate"}}
	pragma := func(name, value, otherwise string) {
		if value == "" {
			value = otherwise
		}
		options.Add("_pragma", name+"("+value+")")
	}
	wait := cfg.BusyTimeout.Milliseconds()
	if wait == 0 {
		wait = 5_000
	}
	pragma("busy_timeout", fmt.Sprint(wait), "")
	path := cfg.Path
	if cfg.Mode == sqlite.Memory {
		path = "/" + path
		options.Set("vfs", "memdb") // where ours are, too: all connections of the process see it
	} else {
		pragma("journal_mode", cfg.Journal, "WAL")
		pragma("synchronous", cfg.Synchronous, "FULL")
	}
	return "file:" + url.PathEscape(path) + "?" + options.Encode()
}

func (p plainSQLite) fetchAll(ctx context.Context, query string) (all [][]any, err error) {
	rows, err := p.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	into := make([]any, len(columns))
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func (p plainSQLite) transact(ctx context.Context, f func(execFunc) error) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	err = f(func(sql string, args ...any) error {
		_, err := tx.ExecContext(ctx, sql, args...)
		return err
	})
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (p plainSQLite) load(ctx context.Context, rows [][]any) (err error) {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	statement, err := tx.PrepareContext(ctx, insertCustomer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	for _, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (p plainSQLite) close() error { return p.db.Close() }
