package backendtest_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/backendtest"
	"github.com/troupedb/troupe/shardworker/fake"
)

// companyFor lets those statements of s share that a database would let.
func companyFor(s backendtest.Statements) func(sql string, args []any, wantRows bool) shardworker.Company {
	companies := map[string]shardworker.Company{}
	for _, sql := range []string{s.Lookup, s.Count, s.All, s.Numbers, s.Large, s.Wide, s.ErrorInRows, s.ThreeEmptyRows, s.Mixed, s.SlowRead} {
		companies[sql] = shardworker.AmongReads
	}
	for _, v := range s.Values {
		companies[v.SQL] = shardworker.AmongReads
	}
	for _, sql := range []string{s.Insert, s.InsertReturning, s.InsertReturning + ", t", s.UpdateOne, s.DeleteOne, s.Update, s.Fill, s.SlowWrite} {
		companies[sql] = shardworker.AmongWrites
	}
	return func(sql string, _ []any, wantRows bool) shardworker.Company {
		company := companies[sql]
		if company == shardworker.AmongReads && !wantRows {
			return shardworker.Alone
		}
		return company
	}
}

// scriptBatches answers what only the cases of batches send, as if the table always had the rows of Fill.
func scriptBatches(b *fake.Backend, s backendtest.Statements) {
	row := func(n int64) []any { return []any{n, fmt.Sprintf("row %d", n)} }
	b.Handle(s.Lookup, func(_ context.Context, args []any) fake.Result {
		result := fake.Rows(number, text)
		if len(args) != 1 {
			return fake.Error(&messages.Error{Code: messages.ErrInvalidRequest, Detail: "1 parameter"})
		}
		n, ok := args[0].(int64)
		if !ok {
			return fake.Error(&messages.Error{Code: messages.ErrInvalidRequest, Detail: "no integer"})
		}
		if n < 11 || n > 20 {
			return result
		}
		return result.Row(row(n)...)
	})
	b.Reply(s.Count, fake.Rows(number).Row(10))
	b.Reply(s.All, fake.Rows(number, text).Generate(10, func(i int) []any { return row(int64(11 + i)) }))
	b.Reply(s.UpdateOne, fake.Tag("UPDATE 1"))
	b.Reply(s.DeleteOne, fake.Tag("DELETE 1"))
	b.Reply("delete from conformance", fake.Tag("DELETE 10"))
	b.Reply(s.SlowRead, fake.Rows(number).Row(1).At(fake.AtRow(0), fake.Wait(fake.NewGate())))
	b.Reply(s.SlowWrite, fake.Tag("INSERT 0 1").At(fake.AtQuery, fake.Wait(fake.NewGate())))
	b.Handle(s.InsertReturning+", t", func(_ context.Context, args []any) fake.Result {
		return fake.Rows(number, text).Row(args...).WithTag("INSERT 0 1")
	})
}

// laneFor has a lane for what reads and returns rows.
func laneFor(sql string, wantRows bool) int {
	if wantRows && !strings.HasPrefix(sql, "insert") {
		return 1
	}
	return 0
}
