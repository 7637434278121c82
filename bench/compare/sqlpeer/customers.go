package sqlpeer

import (
	"fmt"
	"strings"
)

// The table of customers, whose ids are 0 and up, and what is asked of it. PostgreSQL understands all of it, too.
const (
	CreateCustomers = "create table customer (id bigint primary key, name varchar(255), description varchar(255))"
	SelectCustomer  = "select id, name, description from customer where id = $1"
	SelectCustomers = "select id, name, description from customer"
	CountCustomers  = "select count(*) from customer"
)

const (
	namePrefix        = "customer name "
	descriptionPrefix = "customer description "
	descriptionEnding = "........................................"
)

// FillCustomersSQLite is a statement that inserts n customers.
func FillCustomersSQLite(n int) string {
	return fmt.Sprintf(`with recursive n(i) as (select 0 union all select i+1 from n where i < %d)
		insert into customer select i, '%s' || i, '%s' || i || '%s' from n`, n-1, namePrefix, descriptionPrefix, descriptionEnding)
}

// FillCustomersPostgreSQL is a statement that inserts n customers.
func FillCustomersPostgreSQL(n int) string {
	return fmt.Sprintf(`insert into customer select i, '%s' || i, '%s' || i || '%s' from generate_series(0, %d) i`,
		namePrefix, descriptionPrefix, descriptionEnding, n-1)
}

// Customer is a row.
type Customer struct {
	ID          int64
	Name        string
	Description string
}

// Check says what is wrong with a customer that was asked for by id.
func (c *Customer) Check(id int64) error {
	if c.ID != id || !strings.HasPrefix(c.Name, namePrefix) || !strings.HasSuffix(c.Description, descriptionEnding) {
		return fmt.Errorf("a wrong answer: customer %d is %d, %q, %q", id, c.ID, c.Name, c.Description)
	}
	return nil
}

// Sum is what is known of rows that were read.
type Sum struct {
	// Rows is how many there were, IDs the sum of their ids, and Bytes that of their texts' lengths.
	Rows, IDs, Bytes int64
}

// Add adds a row.
func (s *Sum) Add(id int64, name, description string) {
	s.Rows++
	s.IDs += id
	s.Bytes += int64(len(name) + len(description))
}

// Join adds what somebody else has read.
func (s *Sum) Join(other Sum) {
	s.Rows, s.IDs, s.Bytes = s.Rows+other.Rows, s.IDs+other.IDs, s.Bytes+other.Bytes
}

// Check says what is wrong with all the customers of so many databases, which have so many each.
func (s Sum) Check(databases, customers int) error {
	want := Sum{Rows: int64(customers), IDs: int64(customers) * int64(customers-1) / 2}
	want.Bytes = int64(customers * (len(namePrefix) + len(descriptionPrefix) + len(descriptionEnding)))
	for first, digits := 0, 1; first < customers; digits++ { // each text has the id once
		next := 1
		for range digits {
			next *= 10
		}
		want.Bytes += 2 * int64(digits) * int64(min(next, customers)-first)
		first = next
	}
	want = Sum{want.Rows * int64(databases), want.IDs * int64(databases), want.Bytes * int64(databases)}
	if s != want {
		return fmt.Errorf("a wrong answer: %+v were read, %+v are there", s, want)
	}
	return nil
}
