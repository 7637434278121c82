package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/shardworker"
)

const createEvents = "create table %s (id bigint primary key, client bigint not null, note varchar(255) not null)"

// insertNote is as long as a note usually is.
const insertNote = "a note of an event, as long as they usually are"

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// BenchmarkInsertPostgreSQL inserts single rows, each committed by itself, on one database through four connections, without group commit.
func BenchmarkInsertPostgreSQL(b *testing.B) {
	for _, clients := range []int{1, 4, 64} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			db := pgtest.Shared(b)
			for _, name := range []string{"plain", "troupe"} {
				require.NoError(b, db.Exec(fmt.Sprintf(createEvents, name)))
			}
			pool, err := pgxpool.New(context.Background(), db.TCPDSN())
			require.NoError(b, err)
			b.Cleanup(pool.Close)
			t := spawn(b, coordinator.Config{Shards: []shardworker.Shard{{ID: shardID(0), DSN: shardworker.DSN(db.TCPDSN())}}})
			calls := 1_000 / clients * clients
			compare(b, calls,
				variant{"pgxpool", insertEvents(pool, "insert into plain (id, client, note) values ($1, $2, $3)", clients, calls)},
				variant{"troupe", insertEvents(t, "insert into troupe (id, client, note) values ($1, $2, $3)", clients, calls)},
			)
		})
	}
}

// BenchmarkInsertSQLite is the same on files of their own, flushed with each commit, against database/sql with a prepared statement and one connection.
func BenchmarkInsertSQLite(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "plain.db")
			db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_txlock=immediate")
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, db.Close()) })
			db.SetMaxOpenConns(1)
			_, err = db.Exec(fmt.Sprintf(createEvents, "event"))
			require.NoError(b, err)
			statement, err := db.Prepare("insert into event (id, client, note) values (?, ?, ?)")
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, statement.Close()) })
			own := filepath.Join(b.TempDir(), "troupe.db")
			t := spawn(b, coordinator.Config{Shards: []shardworker.Shard{{ID: shardID(0), DSN: shardworker.DSN("sqlite:" + own)}}})
			_, err = t.Exec(context.Background(), fmt.Sprintf(createEvents, "event"))
			require.NoError(b, err)
			calls := 1_000 / clients * clients
			compare(b, calls,
				variant{"database-sql", insertEvents(preparedInsert{statement}, "", clients, calls)},
				variant{"troupe", insertEvents(t, "insert into event (id, client, note) values (?, ?, ?)", clients, calls)},
			)
		})
	}
}

// preparedInsert runs its own statement, whatever the text.
type preparedInsert struct{ statement *sql.Stmt }

func (p preparedInsert) Exec(ctx context.Context, _ string, args ...any) (pgconn.CommandTag, error) {
	result, err := p.statement.ExecContext(ctx, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	n, err := result.RowsAffected()
	return pgconn.NewCommandTag(fmt.Sprintf("INSERT 0 %d", n)), err
}

// insertEvents returns what a round does: clients insert calls new rows.
func insertEvents(db execer, statement string, clients, calls int) func() (int, error) {
	var last atomic.Int64
	return func() (int, error) {
		return fanOut(clients, func(client int) (n int, err error) {
			for n < calls/clients {
				tag, err := db.Exec(context.Background(), statement, last.Add(1), int64(client), insertNote)
				if err == nil && tag.RowsAffected() != 1 {
					err = fmt.Errorf("a wrong answer: %d rows were inserted", tag.RowsAffected())
				}
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		})
	}
}
