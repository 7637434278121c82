package compare

import (
	"context"
	"fmt"
	"time"

	"github.com/troupedb/troupe/bench/compare/sqlpeer"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// What a reader of a stream allows itself for rows: 0.7 million a second, so that it is the slowest of all, and the shards have to wait.
const (
	rowsAtOnce   = 1_000
	timeForThose = rowsAtOnce * time.Second / 700_000
)

func streams(sizes sizes) []experiment {
	window := float64(databases * coordinator.DefaultWindow * messages.DefaultBatchBytes)
	about := func(name, engine string) results.Experiment {
		return results.Experiment{
			Name: "stream-memory/" + name, Unit: "rows",
			Title: fmt.Sprintf("%s, a stream of %d rows from four databases to a slow reader, who looks at all values and keeps none: peak resident memory, in a process of its own (SQLite has page caches of 64 KiB there). "+
				"The goals are shards × window × batch and 8 MiB, or 2", engine, databases*sizes.scanned*sizes.streamed),
			Goals: []results.Goal{{Variant: troupeName, Figure: results.Memory, Must: window + 8<<20, Aim: window + 2<<20}},
		}
	}
	measure := func(s *stage, r memoryRequest) []contender {
		r.Customers, r.Times = s.sizes.scanned, s.sizes.streamed
		return []contender{{troupeName, func(time.Duration) (results.Round, error) { return s.measureMemory(r) }}}
	}
	return []experiment{
		{
			about:  about("postgres", "PostgreSQL"),
			rounds: memoryRounds,
			open: func(ctx context.Context, s *stage) ([]contender, error) {
				names, err := s.scanned(ctx)
				if err != nil {
					return nil, err
				}
				return measure(s, memoryRequest{Work: streamServer, DSN: s.server.dsn, Databases: names}), nil
			},
		},
		{
			about:  about("sqlite", "SQLite"),
			rounds: memoryRounds,
			open: func(_ context.Context, s *stage) ([]contender, error) {
				paths, err := s.sqliteCustomers(databases, s.sizes.scanned, againView(s.sizes.streamed))
				return measure(s, memoryRequest{Work: streamSQLite, Paths: paths}), err
			},
		},
	}
}

// againView has the customers several times over. To a troupe it is a table like others.
func againView(times int) string {
	return fmt.Sprintf(`create view customer_again as with recursive again(n) as (select 1 union all select n+1 from again where n < %d)
		select c.id, c.name, c.description from again, customer c`, times)
}

// warmStream opens the connections and fills the databases' page caches, which aren't the stream's.
func warmStream(t *coordinator.Troupe, customers int) error {
	var rows int64
	row := t.QueryRow(coordinator.AllShards(context.Background()), "select count(*) from customer where length(name) + length(description) > 0")
	if err := row.Scan(&rows); err != nil {
		return err
	}
	if err := checkCount(int(rows), databases*customers); err != nil {
		return err
	}
	_, err := readStream(t, 1, time.Time{})
	return err
}

// readStream reads the customers below an id, again and again, as one stream, no faster than a slow reader does that began then.
func readStream(t *coordinator.Troupe, below int, begun time.Time) (sum sqlpeer.Sum, err error) {
	rows, err := t.Query(coordinator.AllShards(context.Background()), fmt.Sprintf("select id, name, description from customer_again where id < %d", below))
	if err != nil {
		return sum, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := walkRow(rows, &sum); err != nil {
			return sum, err
		}
		if sum.Rows%rowsAtOnce == 0 && !begun.IsZero() {
			if ahead := time.Duration(sum.Rows/rowsAtOnce)*timeForThose - time.Since(begun); ahead > 0 {
				<-time.After(ahead)
			}
		}
	}
	return sum, rows.Err()
}
