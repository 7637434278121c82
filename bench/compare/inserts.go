package compare

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/bench/compare/load"
	"github.com/troupedb/troupe/bench/compare/sqlpeer"
	"github.com/troupedb/troupe/bench/results"
)

// groupName is a troupe with group commit, which is an option on PostgreSQL.
const groupName = "troupe-group"

func sqliteInserts() (all []experiment) {
	for _, of := range []struct {
		clients int
		goal    bound
	}{{1, bound{0.95, 1.0}}, {64, bound{12, 17}}} {
		all = append(all, experiment{
			about: results.Experiment{
				Name:  fmt.Sprintf("sqlite-durable-insert/%d", of.clients),
				Title: fmt.Sprintf("SQLite, synchronous FULL, single inserts, each acknowledged after its commit; one file, %s", people(of.clients)),
				Unit:  "calls", Group: "sqlite-durable-insert", X: float64(of.clients), XLabel: "clients per shard",
				Goals: []results.Goal{{Variant: troupeName, Baseline: plainName + bestEnding, Figure: results.Rate, Must: of.goal.must, Aim: of.goal.aim}},
			},
			best: plainName,
			open: func(ctx context.Context, s *stage) ([]contender, error) { return openSQLiteInserts(ctx, s, of.clients) },
		})
	}
	return all
}

// openSQLiteInserts gives everybody a file of his own. With one connection database/sql has clients wait for it in turn, with four SQLite
// has them wait by sleeping.
func openSQLiteInserts(ctx context.Context, s *stage, clients int) (all []contender, err error) {
	work := sqlpeer.Request{Work: sqlpeer.Insert, Clients: clients}
	for _, conns := range []int{1, 4} {
		path, err := s.events()
		if err != nil {
			return nil, err
		}
		work.Spec = sqlpeer.Spec{Driver: "sqlite", Sources: []string{moderncSource(path)}, Conns: conns}
		peer, err := sqlpeer.Open(work.Spec)
		if err != nil {
			return nil, err
		}
		s.onReset(peer.Close)
		all = append(all, contender{fmt.Sprintf("%s-%d", plainName, conns), func(d time.Duration) (results.Round, error) {
			work := work
			work.Time = d
			a, err := peer.Do(work)
			return a.Round, errors.Join(err, checkFile(path, a.Inserted, err))
		}})
	}
	ask, err := s.startMattn()
	var reason skipped
	switch {
	case errors.As(err, &reason):
		s.note("%s was not measured: %s", mattnName, reason)
	case err != nil:
		return nil, err
	default:
		path, err := s.events()
		if err != nil {
			return nil, err
		}
		work.Spec = sqlpeer.Spec{Driver: "sqlite3", Sources: []string{mattnSource(path)}, Conns: 1}
		all = append(all, contender{mattnName, func(d time.Duration) (results.Round, error) {
			work := work
			work.Time = d
			a, err := ask(work)
			return a.Round, errors.Join(err, checkFile(path, a.Inserted, err))
		}})
	}
	path, err := s.events()
	if err != nil {
		return nil, err
	}
	t, err := s.spawn(ctx, sqliteShards([]string{path}))
	if err != nil {
		return nil, err
	}
	crew, inserted := new(load.Crew), new(atomic.Int64)
	return append(all, contender{troupeName, func(d time.Duration) (results.Round, error) {
		r, err := crew.Run(clients, d, inserts(t, sqlpeer.InsertEvent, inserted))
		return r, errors.Join(err, checkFile(path, inserted.Load(), err))
	}}), nil
}

// events returns a new file to insert events into.
func (s *stage) events() (string, error) { return s.newFile(sqlpeer.CreateEvents("event")) }

// checkFile counts the events of a file by a connection of its own. A sample that has failed is not counted.
func checkFile(path string, inserted int64, failed error) (err error) {
	if failed != nil {
		return nil
	}
	db, err := sql.Open("sqlite", moderncSource(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var count, sum int64
	if err := db.QueryRow(sqlpeer.SumEvents).Scan(&count, &sum); err != nil {
		return err
	}
	return sqlpeer.CheckEvents(inserted, count, sum)
}

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// inserts returns what a client does: an event, committed by itself.
func inserts(db execer, statement string, inserted *atomic.Int64) func(client int) error {
	return func(client int) error {
		tag, err := db.Exec(context.Background(), statement, inserted.Add(1), int64(client), sqlpeer.Note)
		if err == nil && tag.RowsAffected() != 1 {
			err = fmt.Errorf("a wrong answer: %d rows were inserted", tag.RowsAffected())
		}
		return err
	}
}

func postgresInserts() []experiment {
	about := func(clients int, goals ...results.Goal) results.Experiment {
		return results.Experiment{
			Name:  fmt.Sprintf("postgres-durable-insert/%d", clients),
			Title: fmt.Sprintf("PostgreSQL, single inserts, each acknowledged after its commit; one database, %s", people(clients)),
			Unit:  "calls", Group: "postgres-durable-insert", X: float64(clients), XLabel: "clients per shard", Goals: goals,
		}
	}
	rate := func(variant, baseline string, must, aim float64) results.Goal {
		return results.Goal{Variant: variant, Baseline: baseline, Figure: results.Rate, Must: must, Aim: aim}
	}
	return []experiment{
		{
			about: about(1, rate(troupeName, "pgxpool-4", 0.95, 1.0)),
			open:  func(ctx context.Context, s *stage) ([]contender, error) { return openPostgresInserts(ctx, s, 1, 4) },
		},
		{
			about: about(64, rate(groupName, "pgxpool-4", 6, 9), rate(groupName, "pgxpool-64", 2.5, 4)),
			open: func(ctx context.Context, s *stage) ([]contender, error) {
				return openPostgresInserts(ctx, s, 64, 4, 64)
			},
		},
	}
}

// openPostgresInserts gives everybody a table of his own in one database.
func openPostgresInserts(ctx context.Context, s *stage, clients int, pools ...int) (all []contender, err error) {
	server, err := s.postgres(ctx)
	if err != nil {
		return nil, err
	}
	database, err := server.database(ctx)
	if err != nil {
		return nil, err
	}
	// contend adds who inserts by run, which is told what clients do.
	contend := func(name string, db execer, run func(d time.Duration, do func(client int) error) (results.Round, error)) error {
		table := fmt.Sprintf("event%d", len(all))
		inserted := new(atomic.Int64)
		do := inserts(db, fmt.Sprintf("insert into %s (id, client, note) values ($1, $2, $3)", table), inserted)
		all = append(all, contender{name, func(d time.Duration) (results.Round, error) {
			r, err := run(d, do)
			if err != nil {
				return r, err
			}
			return r, server.checkEvents(ctx, database, table, inserted.Load())
		}})
		return server.exec(ctx, database, sqlpeer.CreateEvents(table))
	}
	for _, conns := range pools {
		pool, err := s.pool(ctx, database, conns, func(ctx context.Context, conn *pgxpool.Conn) error { return conn.Ping(ctx) })
		if err != nil {
			return nil, err
		}
		err = contend(fmt.Sprintf("%s-%d", pgxpoolName, conns), pool, func(d time.Duration, do func(int) error) (results.Round, error) {
			return pool.run(clients, d, do)
		})
		if err != nil {
			return nil, err
		}
	}
	for _, name := range []string{troupeName, groupName} {
		t, crew, err := s.postgresTroupe(ctx, []string{database}, name == groupName)
		if err != nil {
			return nil, err
		}
		if err := contend(name, t, func(d time.Duration, do func(int) error) (results.Round, error) { return crew.Run(clients, d, do) }); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// checkEvents counts the events of a table by a connection of its own.
func (s *server) checkEvents(ctx context.Context, database, table string, inserted int64) error {
	return s.with(ctx, database, func(ctx context.Context, conn *pgx.Conn) error {
		var count, sum int64
		if err := conn.QueryRow(ctx, "select count(*), coalesce(sum(id), 0)::bigint from "+table).Scan(&count, &sum); err != nil {
			return err
		}
		return sqlpeer.CheckEvents(inserted, count, sum)
	})
}
