package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver of the plain loop

	"github.com/troupedb/troupe/coordinator"
)

const selectCustomers = "select id, name, description from customer"

// BenchmarkScanPostgreSQL reads 500,000 rows of 4 databases. The plain loop is a goroutine, a pgxpool and a Scan per
// database; ours gathers into one reader. Both decode every value into a variable and look at each row.
func BenchmarkScanPostgreSQL(b *testing.B) {
	pools, t := postgresShards(b, shards, rowsPerShard)
	loop := func(name string, read func(pgx.Rows) (int, error)) variant {
		return variant{name, func() (int, error) {
			return fanOut(len(pools), func(i int) (int, error) { return readPool(pools[i], read) })
		}}
	}
	compare(b, allRows, append([]variant{
		loop("loop", checked(1, scanRows)), // Query and Scan, as most would write it
		loop("loop-list", checked(1, scanList)),
		loop("loop-borrowed", checked(1, scanBorrowed)),
		loop("loop-discard", discardRows),
	}, troupeScans(t)...)...)
}

// BenchmarkStructsPostgreSQL reads the same rows as structs. The plain loop is pgx.CollectRows with pgx.RowToStructByName.
func BenchmarkStructsPostgreSQL(b *testing.B) {
	pools, t := postgresShards(b, shards, rowsPerShard)
	loop := func(read func(pgx.Rows) (int, error)) func() (int, error) {
		return func() (int, error) {
			return fanOut(len(pools), func(i int) (int, error) { return readPool(pools[i], read) })
		}
	}
	compare(b, allRows,
		variant{"collectrows", loop(checked(1, collectByPgx))},
		variant{"troupe-each", func() (int, error) { return readTroupe(t, checked(shards, scanEach)) }},
		variant{"troupe-collect", func() (int, error) { return readTroupe(t, checked(shards, collectByTroupe)) }},
		variant{"troupe-collectrows", func() (int, error) { return readTroupe(t, checked(shards, collectByPgx)) }},
	)
}

// BenchmarkScanSQLite reads 500,000 rows of 4 files. The plain loop is a goroutine, a database/sql on modernc's driver
// and a Scan per file; ours gathers into one reader.
func BenchmarkScanSQLite(b *testing.B) {
	dbs, t := sqliteShards(b, shards, rowsPerShard)
	compare(b, allRows, append([]variant{{"loop", func() (int, error) {
		return fanOut(len(dbs), func(i int) (int, error) { return scanDB(dbs[i]) })
	}}}, troupeScans(t)...)...)
}

// troupeScans are the ways to read what all shards have, as one stream.
func troupeScans(t *coordinator.Troupe) []variant {
	way := func(name string, read func(pgx.Rows) (tally, error)) variant {
		return variant{name, func() (int, error) { return readTroupe(t, checked(shards, read)) }}
	}
	return []variant{
		way("troupe-scan", scanTroupeRows),   // Scan of a *coordinator.Rows
		way("troupe-scan-pgx", scanRows),     // of a pgx.Rows, whose lists of arguments are allocated
		way("troupe-list", scanList),         // of a list that is made once
		way("troupe-each", scanEach),         // structs
		way("troupe-borrowed", scanBorrowed), // texts that are valid until the next row
		way("troupe-raw", walk),              // values as they are encoded
	}
}

// tally is what was read.
type tally struct{ rows, ids, bytes int }

func (t *tally) add(id int64, name, description int) {
	t.rows++
	t.ids += int(id)
	t.bytes += name + description
}

// wanted returns the tally of some shards' rows.
func wanted(shards int) tally {
	t := wantedOfOne()
	return tally{t.rows * shards, t.ids * shards, t.bytes * shards}
}

var wantedOfOne = sync.OnceValue(func() (t tally) {
	for i := range rowsPerShard {
		digits := len(strconv.Itoa(i))
		t.add(int64(i), len("customer name ")+digits, len("customer description ")+digits+40)
	}
	return t
})

// checked returns read with its answer checked: it must be what some shards have.
func checked(shards int, read func(pgx.Rows) (tally, error)) func(pgx.Rows) (int, error) {
	want := wanted(shards)
	return func(rows pgx.Rows) (int, error) {
		defer rows.Close()
		got, err := read(rows)
		if err != nil {
			return got.rows, err
		}
		if got != want {
			return got.rows, fmt.Errorf("read %+v, and wanted %+v", got, want)
		}
		return got.rows, rows.Err()
	}
}

func fanOut(n int, read func(i int) (int, error)) (int, error) {
	var rows atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			got, err := read(i)
			rows.Add(int64(got))
			if err != nil {
				failed.Store(&err)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return int(rows.Load()), nil
}

func readPool(pool *pgxpool.Pool, read func(pgx.Rows) (int, error)) (int, error) {
	rows, err := pool.Query(context.Background(), selectCustomers)
	if err != nil {
		return 0, err
	}
	return read(rows)
}

func readTroupe(t *coordinator.Troupe, read func(pgx.Rows) (int, error)) (int, error) {
	rows, err := t.Query(coordinator.AllShards(context.Background()), selectCustomers)
	if err != nil {
		return 0, err
	}
	return read(rows)
}

func scanTroupe(t *coordinator.Troupe) (int, error) {
	return readTroupe(t, checked(shards, scanTroupeRows))
}

func discardRows(rows pgx.Rows) (int, error) {
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

func scanRows(rows pgx.Rows) (t tally, err error) {
	var id int64
	var name, description string
	for rows.Next() {
		if err := rows.Scan(&id, &name, &description); err != nil {
			return t, err
		}
		t.add(id, len(name), len(description))
	}
	return t, rows.Err()
}

func scanTroupeRows(rows pgx.Rows) (t tally, err error) {
	r, ok := rows.(*coordinator.Rows)
	if !ok {
		return t, errors.New("these aren't a troupe's rows")
	}
	var id int64
	var name, description string
	for r.Next() {
		if err := r.Scan(&id, &name, &description); err != nil {
			return t, err
		}
		t.add(id, len(name), len(description))
	}
	return t, r.Err()
}

func scanList(rows pgx.Rows) (t tally, err error) {
	var id int64
	var name, description string
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &description}, func() error {
		t.add(id, len(name), len(description))
		return nil
	})
	return t, err
}

func scanBorrowed(rows pgx.Rows) (t tally, err error) {
	var id int64
	var name, description pgtype.DriverBytes
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &description}, func() error {
		t.add(id, len(name), len(description))
		return nil
	})
	return t, err
}

// customer is a row as a struct.
type customer struct {
	ID                int64
	Name, Description string
}

func scanEach(rows pgx.Rows) (t tally, err error) {
	for c, err := range coordinator.Each[customer](rows) {
		if err != nil {
			return t, err
		}
		t.add(c.ID, len(c.Name), len(c.Description))
	}
	return t, nil
}

func collectByPgx(rows pgx.Rows) (t tally, err error) {
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[customer])
	return tallyOf(all), err
}

func collectByTroupe(rows pgx.Rows) (t tally, err error) {
	all, err := coordinator.Collect[customer](rows)
	return tallyOf(all), err
}

func tallyOf(all []customer) (t tally) {
	for i := range all {
		t.add(all[i].ID, len(all[i].Name), len(all[i].Description))
	}
	return t
}

func walk(rows pgx.Rows) (t tally, err error) {
	for rows.Next() {
		values := rows.RawValues()
		id := int64(0)
		for _, b := range values[0] {
			id = id<<8 | int64(b)
		}
		t.add(id, len(values[1]), len(values[2]))
	}
	return t, rows.Err()
}

func scanDB(db *sql.DB) (n int, err error) {
	rows, err := db.Query(selectCustomers)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	var t tally
	var id int64
	var name, description string
	for rows.Next() {
		if err := rows.Scan(&id, &name, &description); err != nil {
			return n, err
		}
		t.add(id, len(name), len(description))
	}
	if want := wanted(1); t != want {
		return t.rows, fmt.Errorf("read %+v, and wanted %+v", t, want)
	}
	return t.rows, rows.Err()
}
