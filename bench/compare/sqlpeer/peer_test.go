package sqlpeer_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/bench/compare/sqlpeer"
)

const customers = 120

// files returns databases of customers and events, and a connection to the first.
func files(t *testing.T, n int) (sqlpeer.Spec, *sql.DB) {
	t.Helper()
	spec := sqlpeer.Spec{Driver: "sqlite", Conns: 2, Customers: customers}
	var first *sql.DB
	for i := range n {
		source := "file:" + filepath.Join(t.TempDir(), fmt.Sprint(i)) + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)"
		db, err := sql.Open("sqlite", source)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		for _, statement := range []string{sqlpeer.CreateCustomers, sqlpeer.FillCustomersSQLite(customers), sqlpeer.CreateEvents("event")} {
			_, err := db.Exec(statement)
			require.NoError(t, err)
		}
		if first == nil {
			first = db
		}
		spec.Sources = append(spec.Sources, source)
	}
	return spec, first
}

func open(t *testing.T, spec sqlpeer.Spec) *sqlpeer.Peer {
	t.Helper()
	p, err := sqlpeer.Open(spec)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func TestWork(t *testing.T) {
	spec, db := files(t, 3)
	p := open(t, spec)
	const short = 5 * time.Millisecond

	r, err := p.Points(8, short)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, r.Count, 8)

	r, err = p.Scan()
	require.NoError(t, err)
	assert.Equal(t, 3*customers, r.Count)

	r, err = p.Count(2, short)
	require.NoError(t, err)
	assert.Zero(t, r.Count%3)

	acknowledged := int64(0)
	for range 3 {
		r, all, err := p.Insert(8, short)
		require.NoError(t, err)
		acknowledged += int64(r.Count)
		assert.Equal(t, acknowledged, all)
		var count, sum int64
		require.NoError(t, db.QueryRow(sqlpeer.SumEvents).Scan(&count, &sum))
		assert.NoError(t, sqlpeer.CheckEvents(all, count, sum))
	}
	require.NoError(t, sqlpeer.Once("sqlite", spec.Sources[0], 7))
	require.NoError(t, p.Close(), "and again by Cleanup")
}

// TestWrongAnswers changes the data behind a peer's back: every kind of work notices.
func TestWrongAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		change string
		work   sqlpeer.Work
	}{
		"another name": {"update customer set name = 'nobody'", sqlpeer.Points},
		"a lost row":   {"delete from customer where id = 7", sqlpeer.Scan},
		"a short text": {"update customer set description = 'customer' where id = 7", sqlpeer.Scan},
		"another id":   {"update customer set id = 1000 where id = 7", sqlpeer.Scan},
		"one too many": {"insert into customer values (1000, 'a', 'b')", sqlpeer.Count},
		"a taken key":  {"insert into event values (1, 1, 'b')", sqlpeer.Insert},
	} {
		t.Run(name, func(t *testing.T) {
			spec, db := files(t, 2)
			p := open(t, spec)
			_, err := db.Exec(test.change)
			require.NoError(t, err)
			_, err = p.Do(sqlpeer.Request{Work: test.work, Clients: 2, Time: 10 * time.Millisecond})
			assert.Error(t, err)
		})
	}
	assert.Error(t, sqlpeer.CheckEvents(3, 2, 3), "one is lost")
	assert.Error(t, sqlpeer.CheckEvents(3, 3, 7), "one is another")
	assert.NoError(t, sqlpeer.CheckEvents(3, 3, 6))
}

// TestSumKnowsTheCustomers compares the expected sum with that of rows that were made one by one.
func TestSumKnowsTheCustomers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		databases, n := rapid.IntRange(1, 3).Draw(t, "databases"), rapid.IntRange(1, 1_200).Draw(t, "customers")
		var sum sqlpeer.Sum
		for range databases {
			for i := range n {
				sum.Add(int64(i), fmt.Sprint("customer name ", i), fmt.Sprint("customer description ", i)+strings.Repeat(".", 40))
			}
		}
		require.NoError(t, sum.Check(databases, n))
		sum.Add(0, "", "")
		require.Error(t, sum.Check(databases, n))
	})
}

func TestServe(t *testing.T) {
	spec, _ := files(t, 1)
	var in, out bytes.Buffer
	requests := json.NewEncoder(&in)
	for _, r := range []sqlpeer.Request{
		{Spec: spec, Work: sqlpeer.Scan},
		{Spec: spec, Work: sqlpeer.Insert, Clients: 2, Time: time.Millisecond},
		{Spec: spec, Work: sqlpeer.Insert, Clients: 2, Time: time.Millisecond},
		{Spec: spec, Work: "sleep"},
		{Spec: sqlpeer.Spec{Driver: "nobody's", Sources: []string{"a"}, Conns: 1}, Work: sqlpeer.Scan},
		{Spec: sqlpeer.Spec{}, Work: sqlpeer.Scan},
	} {
		require.NoError(t, requests.Encode(r))
	}
	require.NoError(t, sqlpeer.Serve(&in, &out))
	answers := json.NewDecoder(&out)
	var got []sqlpeer.Answer
	for answers.More() {
		var a sqlpeer.Answer
		require.NoError(t, answers.Decode(&a))
		got = append(got, a)
	}
	require.Len(t, got, 6)
	assert.Equal(t, customers, got[0].Round.Count)
	assert.Equal(t, int64(got[1].Round.Count+got[2].Round.Count), got[2].Inserted, "the peer stays open")
	for _, a := range got[:3] {
		assert.Empty(t, a.Err)
	}
	for _, a := range got[3:] {
		assert.NotEmpty(t, a.Err)
	}
	assert.Error(t, sqlpeer.Serve(strings.NewReader("no JSON"), &out))
}
