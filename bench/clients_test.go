package main

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
)

// BenchmarkClientsPostgreSQL reads single rows by primary key, many callers at once on one database through four connections: when all
// are busy, troupe sends what waits in one pipeline.
func BenchmarkClientsPostgreSQL(b *testing.B) {
	pools, t := postgresShards(b, 1, 10_000)
	for _, clients := range []int{1, 4, 8, 16, 64, 256} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			calls := 4_000 / clients * clients
			compare(b, calls,
				variant{"pgxpool", func() (int, error) { return pointClients(pools[0], context.Background(), clients, calls) }},
				variant{"troupe", func() (int, error) { return pointClients(t, context.Background(), clients, calls) }},
				variant{"troupe-deadline", func() (int, error) { return pointsWithDeadline(t, clients, calls) }},
			)
		})
	}
}

// BenchmarkClientsSQLite is the same on one file, against database/sql with a pool of four.
func BenchmarkClientsSQLite(b *testing.B) {
	dbs, t := sqliteShards(b, 1, 10_000)
	dbs[0].SetMaxOpenConns(4)
	dbs[0].SetMaxIdleConns(4)
	statement, err := dbs[0].Prepare(selectCustomer)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, statement.Close()) })
	for _, clients := range []int{1, 8, 64} {
		b.Run(fmt.Sprint(clients), func(b *testing.B) {
			calls := 8_000 / clients * clients
			compare(b, calls,
				variant{"database-sql", func() (int, error) { return preparedClients(statement, clients, calls) }},
				variant{"troupe", func() (int, error) { return pointClients(t, context.Background(), clients, calls) }},
				variant{"troupe-deadline", func() (int, error) { return pointsWithDeadline(t, clients, calls) }},
			)
		})
	}
}

func pointsWithDeadline(t *coordinator.Troupe, clients, calls int) (int, error) {
	return fanOut(clients, func(client int) (n int, err error) {
		for n < calls/clients {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			err := selectPoint(t, ctx, int64(client*calls/clients+n)%10_000)
			cancel()
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	})
}

func pointClients(db queryRower, ctx context.Context, clients, calls int) (int, error) {
	return fanOut(clients, func(client int) (n int, err error) {
		for n < calls/clients {
			if err := selectPoint(db, ctx, int64(client*calls/clients+n)%10_000); err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	})
}

func selectPoint(db queryRower, ctx context.Context, want int64) error {
	var id int64
	var name, description string
	if err := db.QueryRow(ctx, selectCustomer, want).Scan(&id, &name, &description); err != nil {
		return err
	}
	return checkPoint(id, want)
}

func checkPoint(got, want int64) error {
	if got != want {
		return fmt.Errorf("got row %d, want %d", got, want)
	}
	return nil
}

func preparedClients(statement *sql.Stmt, clients, calls int) (int, error) {
	return fanOut(clients, func(client int) (n int, err error) {
		var id int64
		var name, description string
		for n < calls/clients {
			want := int64(client*calls/clients+n) % 10_000
			if err := statement.QueryRow(want).Scan(&id, &name, &description); err != nil {
				return n, err
			}
			if err := checkPoint(id, want); err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	})
}
