package compare

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/bench/compare/load"
	"github.com/troupedb/troupe/bench/compare/sqlpeer"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/coordinator"
)

// none is an aim of no allocations: less than one in a thousand units, since a sample has some of its own.
const none = 0.001

func scans() []experiment {
	return []experiment{
		{
			about: results.Experiment{
				Name: "postgres-scan", Unit: "rows",
				Title: "PostgreSQL, all rows of four databases: by a goroutine for each, or by one reader of troupe's merged stream",
				Goals: []results.Goal{
					{Variant: "troupe-scan", Baseline: "query-scan", Figure: results.Rate, Must: 1.2, Aim: 1.5},
					{Variant: "troupe-scan", Baseline: "query-scan", Figure: results.ClientCPU, Must: 0.55, Aim: 0.40},
					{Variant: "troupe-scan", Figure: results.Allocs, Must: 0.01, Aim: none},
					{Variant: "troupe-each", Baseline: "collect-rows", Figure: results.Rate, Must: 1.5, Aim: 2},
				},
			},
			open: openPostgresScan,
		},
		{
			about: results.Experiment{
				Name: "sqlite-scan", Unit: "rows",
				Title: "SQLite, all rows of four files: by a goroutine for each, or by one reader of troupe's merged stream",
				Goals: []results.Goal{
					{Variant: "troupe-scan", Baseline: plainName, Figure: results.Rate, Must: 2.5, Aim: 3.3},
					{Variant: "troupe-scan", Figure: results.Allocs, Must: 0.01, Aim: none},
				},
			},
			open: openSQLiteScan,
		},
	}
}

func openPostgresScan(ctx context.Context, s *stage) ([]contender, error) {
	names, err := s.scanned(ctx)
	if err != nil {
		return nil, err
	}
	var pools []*peerPool
	for _, name := range names {
		pool, err := s.pool(ctx, name, ourConns, func(context.Context, *pgxpool.Conn) error { return nil })
		if err != nil {
			return nil, err
		}
		pools = append(pools, pool)
	}
	t, crew, err := s.postgresTroupe(ctx, names, false)
	if err != nil {
		return nil, err
	}
	peer := func(name string, read func(rows pgx.Rows) (sqlpeer.Sum, error)) contender {
		return contender{name, scanSample(crew, s.sizes.scanned, func() (sqlpeer.Sum, error) {
			return sqlpeer.FanOut(len(pools), len(pools), func(i int) (sqlpeer.Sum, error) {
				rows, err := pools[i].Query(context.Background(), sqlpeer.SelectCustomers)
				if err != nil {
					return sqlpeer.Sum{}, err
				}
				return read(rows)
			})
		})}
	}
	all := []contender{peer("query-scan", scanInto), peer("query-scan-list", scanRows), peer("collect-rows", collectRows)}
	return append(all, troupeScans(t, crew, s.sizes.scanned)...), nil
}

func openSQLiteScan(ctx context.Context, s *stage) ([]contender, error) {
	paths, err := s.sqliteCustomers(databases, s.sizes.scanned)
	if err != nil {
		return nil, err
	}
	all, err := s.sqlitePeers(paths, sqlpeer.Request{Work: sqlpeer.Scan, Spec: sqlpeer.Spec{Conns: ourConns, Customers: s.sizes.scanned}})
	if err != nil {
		return nil, err
	}
	t, err := s.spawn(ctx, sqliteShards(paths))
	return append(all, troupeScans(t, new(load.Crew), s.sizes.scanned)...), err
}

// scanned returns the databases that are scanned.
func (s *stage) scanned(ctx context.Context) ([]string, error) {
	server, err := s.postgres(ctx)
	if err != nil {
		return nil, err
	}
	for len(s.scans) < databases {
		name, err := server.database(ctx, sqlpeer.CreateCustomers, sqlpeer.FillCustomersPostgreSQL(s.sizes.scanned),
			againView(s.sizes.streamed), "vacuum analyze customer")
		if err != nil {
			return nil, err
		}
		s.scans = append(s.scans, name)
	}
	return s.scans, nil
}

// troupeScans read what all shards have, as one stream: into variables, into structs, and by walking the values as they are.
func troupeScans(t *coordinator.Troupe, crew *load.Crew, customers int) (all []contender) {
	for _, way := range []struct {
		name string
		read func(rows pgx.Rows) (sqlpeer.Sum, error)
	}{{"troupe-scan", scanRows}, {"troupe-each", eachRow}, {"troupe-raw", walkRows}} {
		all = append(all, contender{way.name, scanSample(crew, customers, func() (sqlpeer.Sum, error) {
			rows, err := t.Query(coordinator.AllShards(context.Background()), sqlpeer.SelectCustomers)
			if err != nil {
				return sqlpeer.Sum{}, err
			}
			return way.read(rows)
		})})
	}
	return all
}

func scanSample(crew *load.Crew, customers int, read func() (sqlpeer.Sum, error)) func(time.Duration) (results.Round, error) {
	return func(time.Duration) (results.Round, error) {
		return crew.Once(func() (int, error) {
			sum, err := read()
			if err != nil {
				return 0, err
			}
			return int(sum.Rows), sum.Check(databases, customers)
		})
	}
}

// scanInto is the loop as it is mostly written.
func scanInto(rows pgx.Rows) (sum sqlpeer.Sum, err error) {
	defer rows.Close()
	var id int64
	var name, description string
	for rows.Next() {
		if err := rows.Scan(&id, &name, &description); err != nil {
			return sum, err
		}
		sum.Add(id, name, description)
	}
	return sum, rows.Err()
}

// scanRows makes the list of arguments once, which saves an allocation for each row.
func scanRows(rows pgx.Rows) (sum sqlpeer.Sum, err error) {
	defer rows.Close()
	var id int64
	var name, description string
	into := []any{&id, &name, &description}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return sum, err
		}
		sum.Add(id, name, description)
	}
	return sum, rows.Err()
}

func collectRows(rows pgx.Rows) (sum sqlpeer.Sum, err error) {
	customers, err := pgx.CollectRows(rows, pgx.RowToStructByName[sqlpeer.Customer])
	for i := range customers {
		sum.Add(customers[i].ID, customers[i].Name, customers[i].Description)
	}
	return sum, err
}

func eachRow(rows pgx.Rows) (sum sqlpeer.Sum, err error) {
	for c, err := range coordinator.Each[sqlpeer.Customer](rows) {
		if err != nil {
			return sum, err
		}
		sum.Add(c.ID, c.Name, c.Description)
	}
	return sum, nil
}

func walkRows(rows pgx.Rows) (sum sqlpeer.Sum, err error) {
	defer rows.Close()
	for rows.Next() {
		if err := walkRow(rows, &sum); err != nil {
			return sum, err
		}
	}
	return sum, rows.Err()
}

// walkRow looks at a row's values as they are.
func walkRow(rows pgx.Rows, sum *sqlpeer.Sum) error {
	values := rows.RawValues()
	if len(values) != 3 || len(values[0]) != 8 {
		return errors.New("a wrong answer: these aren't a bigint and two texts")
	}
	sum.Rows++
	sum.IDs += int64(binary.BigEndian.Uint64(values[0]))
	sum.Bytes += int64(len(values[1]) + len(values[2]))
	return nil
}
