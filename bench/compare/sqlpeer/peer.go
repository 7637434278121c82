package sqlpeer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupedb/troupe/bench/compare/load"
	"github.com/troupedb/troupe/bench/results"
)

// Spec says what a peer opens.
type Spec struct {
	// Driver is database/sql's name of it, and Sources are what it calls the databases.
	Driver  string   `json:"driver"`
	Sources []string `json:"sources"`
	// Conns is how many connections each database has at the most, all of which stay open.
	Conns int `json:"conns"`
	// Customers is how many of them each database has, if it has the table.
	Customers int `json:"customers,omitempty"`
}

// Peer is databases that were opened by database/sql. Its methods are called by one goroutine.
type Peer struct {
	spec     Spec
	dbs      []*sql.DB
	crew     load.Crew
	point    *sql.Stmt   // of the first database
	count    []*sql.Stmt // of each
	insert   *sql.Stmt
	inserted atomic.Int64
}

// Open opens the databases of a spec, whose tables exist.
func Open(spec Spec) (*Peer, error) {
	if len(spec.Sources) == 0 || spec.Conns < 1 {
		return nil, errors.New("sqlpeer: a peer needs sources and connections")
	}
	p := &Peer{spec: spec}
	for _, source := range spec.Sources {
		db, err := sql.Open(spec.Driver, source)
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		db.SetMaxOpenConns(spec.Conns)
		db.SetMaxIdleConns(spec.Conns)
		p.dbs = append(p.dbs, db)
	}
	return p, nil
}

// Close closes the databases. A second Close does nothing.
func (p *Peer) Close() error {
	var errs []error
	for _, statement := range append([]*sql.Stmt{p.point, p.insert}, p.count...) {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	for _, db := range p.dbs {
		errs = append(errs, db.Close())
	}
	p.point, p.insert, p.count, p.dbs = nil, nil, nil, nil
	return errors.Join(errs...)
}

// Points has clients select customers by key from the first database, by a prepared statement.
func (p *Peer) Points(clients int, d time.Duration) (results.Round, error) {
	if err := prepare(p.dbs[0], &p.point, SelectCustomer); err != nil {
		return results.Round{}, err
	}
	keys := Keys(clients, p.spec.Customers)
	return p.crew.Run(clients, d, func(client int) error {
		var c Customer
		id := keys[client]()
		if err := p.point.QueryRow(id).Scan(&c.ID, &c.Name, &c.Description); err != nil {
			return err
		}
		return c.Check(id)
	})
}

// Keys returns for each client how it gets its next key: at random, but always the same ones.
func Keys(clients, customers int) []func() int64 {
	keys := make([]func() int64, clients)
	for client := range clients {
		random := rand.New(rand.NewPCG(uint64(client), 1))
		keys[client] = func() int64 { return random.Int64N(int64(customers)) }
	}
	return keys
}

// Scan reads all customers of all databases, each by a goroutine of its own.
func (p *Peer) Scan() (results.Round, error) {
	return p.crew.Once(func() (int, error) {
		sum, err := FanOut(len(p.dbs), len(p.dbs), func(i int) (Sum, error) { return scan(p.dbs[i]) })
		if err != nil {
			return 0, err
		}
		return int(sum.Rows), sum.Check(len(p.dbs), p.spec.Customers)
	})
}

func scan(db *sql.DB) (sum Sum, err error) {
	rows, err := db.Query(SelectCustomers)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var c Customer
	for rows.Next() {
		if err := rows.Scan(&c.ID, &c.Name, &c.Description); err != nil {
			return sum, err
		}
		sum.Add(c.ID, c.Name, c.Description)
	}
	return sum, rows.Err()
}

// FanOut has so many workers do n pieces of work, and joins what they have read.
func FanOut(n, workers int, read func(i int) (Sum, error)) (Sum, error) {
	var next atomic.Int64
	var mu sync.Mutex
	var all Sum
	var failed []error
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			var mine Sum
			var err error
			for i := int(next.Add(1)) - 1; i < n && err == nil; i = int(next.Add(1)) - 1 {
				var sum Sum
				sum, err = read(i)
				mine.Join(sum)
			}
			mu.Lock()
			defer mu.Unlock()
			all.Join(mine)
			failed = append(failed, err)
		})
	}
	done.Wait()
	return all, errors.Join(failed...)
}

// Count counts the customers of all databases, by so many workers, again and again until d has passed. The units are databases.
func (p *Peer) Count(workers int, d time.Duration) (results.Round, error) {
	if p.count == nil {
		p.count = make([]*sql.Stmt, len(p.dbs))
	}
	for i, db := range p.dbs {
		if err := prepare(db, &p.count[i], CountCustomers); err != nil {
			return results.Round{}, err
		}
	}
	r, err := p.crew.Run(1, d, func(int) error {
		sum, err := FanOut(len(p.dbs), workers, func(i int) (sum Sum, err error) {
			return sum, p.count[i].QueryRow().Scan(&sum.Rows)
		})
		if err == nil && sum.Rows != int64(len(p.dbs)*p.spec.Customers) {
			err = fmt.Errorf("a wrong answer: %d customers were counted", sum.Rows)
		}
		return err
	})
	r.Count *= len(p.dbs)
	return r, err
}

// Insert has clients insert events into the first database, each committed by itself. It returns how many there have to be by now, too.
func (p *Peer) Insert(clients int, d time.Duration) (results.Round, int64, error) {
	if err := prepare(p.dbs[0], &p.insert, InsertEvent); err != nil {
		return results.Round{}, 0, err
	}
	r, err := p.crew.Run(clients, d, func(client int) error {
		done, err := p.insert.Exec(p.inserted.Add(1), int64(client), Note)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("a wrong answer: %d rows were inserted: %w", n, err)
		}
		return nil
	})
	return r, p.inserted.Load(), err
}

// prepare prepares a statement, unless it is.
func prepare(db *sql.DB, statement **sql.Stmt, text string) (err error) {
	if *statement == nil {
		*statement, err = db.PrepareContext(context.Background(), text)
	}
	return err
}

// Once opens a database, selects a customer from it, and closes it.
func Once(driver, source string, id int64) (err error) {
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var c Customer
	if err := db.QueryRow(SelectCustomer, id).Scan(&c.ID, &c.Name, &c.Description); err != nil {
		return err
	}
	return c.Check(id)
}
