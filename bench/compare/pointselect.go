package compare

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/bench/compare/load"
	"github.com/troupedb/troupe/bench/compare/sqlpeer"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// The names of variants.
const (
	troupeName  = "troupe"
	pgxpoolName = "pgxpool"
	plainName   = "database-sql"
	mattnName   = "mattn"
)

// ourConns is how many connections a troupe has to a shard, and what peers have unless something else is said.
const ourConns = 4

// deadline is what a service gives a call.
const deadline = 5 * time.Second

// poolSizes are those among which the best one is looked for.
var poolSizes = []int{4, 8, 16, 32, 64}

// bound is a goal's must and aim.
type bound struct{ must, aim float64 }

func postgresPointSelects() (all []experiment) {
	for _, of := range []struct {
		clients int
		pool4   bound
		best    *bound
	}{
		{1, bound{0.95, 1.05}, nil},
		{4, bound{0.95, 1.05}, nil},
		{8, bound{1.2, 1.5}, nil},
		{16, bound{1.6, 2.2}, nil},
		{64, bound{3.0, 4}, &bound{2.5, 3.2}},
		{256, bound{4.5, 6}, &bound{3.5, 4.5}},
	} {
		about := results.Experiment{
			Name:  fmt.Sprintf("postgres-point-select/%d", of.clients),
			Title: fmt.Sprintf("PostgreSQL, rows by primary key, one database, %s; troupe has 4 connections", people(of.clients)),
			Unit:  "calls", Group: "postgres-point-select", X: float64(of.clients), XLabel: "clients per shard",
			Goals: []results.Goal{{Variant: troupeName, Baseline: "pgxpool-4", Figure: results.Rate, Must: of.pool4.must, Aim: of.pool4.aim}},
		}
		if of.best != nil {
			about.Goals = append(about.Goals, results.Goal{
				Variant: troupeName, Baseline: pgxpoolName + bestEnding, Figure: results.Rate, Must: of.best.must, Aim: of.best.aim,
			})
		}
		if of.clients == 64 {
			about.Goals = append(about.Goals, results.Goal{Variant: troupeName, Baseline: "pgxpool-4", Figure: results.P99, Must: 0.6, Aim: 0.4})
		}
		e := experiment{about: about, open: func(ctx context.Context, s *stage) ([]contender, error) {
			return openPostgresPoints(ctx, s, of.clients)
		}}
		if of.clients > poolSizes[0] {
			e.best = pgxpoolName
		}
		all = append(all, e)
	}
	return all
}

func openPostgresPoints(ctx context.Context, s *stage, clients int) (all []contender, err error) {
	database, err := s.customers(ctx)
	if err != nil {
		return nil, err
	}
	var plain *peerPool
	for _, conns := range poolSizes {
		if conns > max(clients, poolSizes[0]) {
			break
		}
		pool, err := s.pool(ctx, database, conns, warmPoint)
		if err != nil {
			return nil, err
		}
		if plain == nil {
			plain = pool
		}
		all = append(all, contender{fmt.Sprintf("%s-%d", pgxpoolName, conns), func(d time.Duration) (results.Round, error) {
			return pool.run(clients, d, points(pool, clients, s.sizes.customers, false))
		}})
	}
	t, crew, err := s.postgresTroupe(ctx, []string{database}, false)
	if err != nil {
		return nil, err
	}
	measure := func(hurried bool) func(d time.Duration) (results.Round, error) {
		return func(d time.Duration) (results.Round, error) {
			return crew.Run(clients, d, points(t, clients, s.sizes.customers, hurried))
		}
	}
	all = append(all,
		contender{troupeName, measure(false)},
		contender{pgxpoolName + "-4-deadline", func(d time.Duration) (results.Round, error) {
			return plain.run(clients, d, points(plain, clients, s.sizes.customers, true))
		}},
		contender{troupeName + "-deadline", measure(true)},
	)
	return all, nil
}

// customers returns a database of customers to select from.
func (s *stage) customers(ctx context.Context) (string, error) {
	server, err := s.postgres(ctx)
	if err != nil {
		return "", err
	}
	if s.points != "" {
		return s.points, nil
	}
	s.points, err = server.database(ctx, sqlpeer.CreateCustomers, sqlpeer.FillCustomersPostgreSQL(s.sizes.customers), "vacuum analyze customer")
	return s.points, err
}

func warmPoint(ctx context.Context, conn *pgxpool.Conn) error {
	var c sqlpeer.Customer
	if err := conn.QueryRow(ctx, sqlpeer.SelectCustomer, int64(0)).Scan(&c.ID, &c.Name, &c.Description); err != nil {
		return err
	}
	return c.Check(0)
}

type queryRower interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// points returns what a client does: a row by a key at random, under a deadline if it is hurried.
func points(db queryRower, clients, customers int, hurried bool) func(client int) error {
	keys := sqlpeer.Keys(clients, customers)
	return func(client int) error {
		ctx := context.Background()
		if hurried {
			hurry, cancel := context.WithTimeout(ctx, deadline)
			defer cancel()
			ctx = hurry
		}
		var c sqlpeer.Customer
		id := keys[client]()
		if err := db.QueryRow(ctx, sqlpeer.SelectCustomer, id).Scan(&c.ID, &c.Name, &c.Description); err != nil {
			return err
		}
		return c.Check(id)
	}
}

// postgresTroupe returns a troupe over databases of the server, and a crew that knows the server's processor time.
func (s *stage) postgresTroupe(ctx context.Context, databases []string, groupCommit bool) (*coordinator.Troupe, *load.Crew, error) {
	server, err := s.postgres(ctx)
	if err != nil {
		return nil, nil, err
	}
	var cfg coordinator.Config
	for i, database := range databases {
		pool, err := server.config(database, ourConns)
		if err != nil {
			return nil, nil, err
		}
		backend, err := postgres.New(postgres.Config{Pool: pool, GroupCommit: groupCommit})
		if err != nil {
			return nil, nil, err
		}
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardID(i), Backend: backend})
	}
	t, err := s.spawn(ctx, cfg)
	return t, &load.Crew{Meter: load.Meter{Server: server.cpu}}, err
}

func sqlitePointSelects() (all []experiment) {
	for _, of := range []struct {
		clients int
		goal    bound
	}{{1, bound{1.15, 1.3}}, {8, bound{0.95, 1.1}}, {64, bound{1.2, 1.5}}} {
		all = append(all, experiment{
			about: results.Experiment{
				Name:  fmt.Sprintf("sqlite-point-select/%d", of.clients),
				Title: fmt.Sprintf("SQLite, rows by primary key, one file, %s; everybody has 4 connections that read", people(of.clients)),
				Unit:  "calls", Group: "sqlite-point-select", X: float64(of.clients), XLabel: "clients per shard",
				Goals: []results.Goal{{Variant: troupeName, Baseline: plainName, Figure: results.Rate, Must: of.goal.must, Aim: of.goal.aim}},
			},
			open: func(ctx context.Context, s *stage) ([]contender, error) { return openSQLitePoints(ctx, s, of.clients) },
		})
	}
	return all
}

func openSQLitePoints(ctx context.Context, s *stage, clients int) ([]contender, error) {
	paths, err := s.sqliteCustomers(1, s.sizes.customers)
	if err != nil {
		return nil, err
	}
	work := sqlpeer.Request{Work: sqlpeer.Points, Clients: clients, Spec: sqlpeer.Spec{Conns: ourConns, Customers: s.sizes.customers}}
	all, err := s.sqlitePeers(paths, work)
	if err != nil {
		return nil, err
	}
	t, err := s.spawn(ctx, sqliteShards(paths))
	crew := new(load.Crew)
	return append(all, contender{troupeName, func(d time.Duration) (results.Round, error) {
		return crew.Run(clients, d, points(t, clients, s.sizes.customers, false))
	}}, contender{troupeName + "-deadline", func(d time.Duration) (results.Round, error) {
		return crew.Run(clients, d, points(t, clients, s.sizes.customers, true))
	}}), err
}

func people(clients int) string {
	if clients == 1 {
		return "1 client"
	}
	return fmt.Sprintf("%d clients", clients)
}
