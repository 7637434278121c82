package backendtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/backendtest"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestFake(t *testing.T) {
	statements := backendtest.PostgreSQL()
	statements.Mixed = "mixed"
	backendtest.Run(t, backendtest.Harness{
		Statements: statements,
		Forgets:    true,
		Strict:     true,
		Lanes:      []backendtest.LaneCase{{SQL: "select", WantRows: true, Lane: 1}, {SQL: "select", Lane: 0}},
		Open: func(t *testing.T) shardworker.Backend {
			b := fake.New(fake.Config{Lanes: []int{2, 3}, Lane: laneFor, Company: companyFor(statements)})
			script(b, statements)
			scriptBatches(b, statements)
			return b
		},
		Unreachable: func(t *testing.T) shardworker.Backend {
			b := fake.New(fake.Config{})
			b.At(fake.AtAcquire, fake.Fail(errors.New("connection refused")))
			return b
		},
	})
}

var (
	number = fake.Column("n", pgtype.Int8OID)
	text   = fake.Column("t", pgtype.TextOID)
)

// script makes b answer s as PostgreSQL would, had it no tables.
func script(b *fake.Backend, s backendtest.Statements) {
	for sql, tag := range map[string]string{
		s.Create: "CREATE TABLE", s.Fill: "INSERT 0 10", s.Update: "UPDATE 12", s.DeleteNothing: "DELETE 0", s.InsertTwo: "INSERT 0 1",
		s.Begin: "BEGIN", s.Rollback: "ROLLBACK", s.Savepoint: "SAVEPOINT", s.ToSavepoint: "ROLLBACK", s.ReleaseSavepoint: "RELEASE",
		s.CreateOwing: "CREATE TABLE", s.CreateOdd: "CREATE TABLE",
	} {
		b.Handle(sql, withParameters(0, func([]any) fake.Result { return fake.Tag(tag) }))
	}
	scriptOwing(b, s)
	scriptCopies(b, s)
	var seen atomic.Bool
	b.Handle(s.Insert, refuseTwice(&seen, func([]any) fake.Result { return fake.Tag("INSERT 0 1") }))
	b.Handle(s.InsertReturning, refuseTwice(&seen, func(args []any) fake.Result {
		return fake.Rows(number).Row(args[0]).WithTag("INSERT 0 1")
	}))
	b.Reply(s.Insert+"; ", fake.Error(&pgconn.PgError{Code: "42601"}))
	b.Reply(s.SyntaxError, fake.Error(&pgconn.PgError{Code: "42601"}))

	b.Handle(s.Numbers, withParameters(1, func(args []any) fake.Result {
		return fake.Rows(number, text).Generate(int(args[0].(int64)), func(i int) []any {
			return []any{i + 1, fmt.Sprintf("row %d", i+1)}
		})
	}))
	b.Reply(s.Slow, fake.Rows(number).Row(1).At(fake.AtRow(0), fake.Wait(fake.NewGate())))
	b.Reply(s.ErrorInRows, fake.Rows(number).Row(1).Row(2).At(fake.AtRow(2), fake.Fail(&pgconn.PgError{Code: "22003"})))
	b.Reply(s.Large, fake.Rows(text).Row(strings.Repeat("x", 1<<20)))
	b.Reply(s.ThreeEmptyRows, fake.Rows().Row().Row().Row())
	b.Reply(s.Mixed, fake.Rows(number).Row(1).Row("two").Row(nil).Row([]byte{3}).Row(4.5).
		Redescribe(1, text).Redescribe(3, fake.Column("n", pgtype.ByteaOID)).Redescribe(4, fake.Column("n", pgtype.Float8OID)))
	scriptWide(b, s)
	for _, v := range s.Values {
		b.Handle(v.SQL, func(_ context.Context, args []any) fake.Result {
			value := v.Want
			if len(args) > 0 {
				value = args[0]
			}
			return fake.Rows(fake.Column("value", oid(v))).Row(value)
		})
	}
}

// scriptOwing has the COMMIT after an Owe refused.
func scriptOwing(b *fake.Backend, s backendtest.Statements) {
	var owing atomic.Bool
	b.Handle(s.Owe, withParameters(1, func([]any) fake.Result {
		owing.Store(true)
		return fake.Tag("INSERT 0 1")
	}))
	b.Handle(s.Commit, withParameters(0, func([]any) fake.Result {
		if owing.Swap(false) {
			return fake.Error(&pgconn.PgError{Code: "23503"})
		}
		return fake.Tag("COMMIT")
	}))
}

// scriptCopies takes the rows that are copied, and refuses the text "twice".
func scriptCopies(b *fake.Backend, s backendtest.Statements) {
	take := fake.Copy{Take: func(row []any) error {
		if row[1] == "twice" {
			return &pgconn.PgError{Code: "23505"}
		}
		return nil
	}}
	for _, table := range []pgx.Identifier{{"conformance"}, {s.Schema, "conformance"}, s.OddTable} {
		b.HandleCopy(strings.Join(table, "."), take)
	}
}

func scriptWide(b *fake.Backend, s backendtest.Statements) {
	var columns []pgconn.FieldDescription
	var values []any
	for i := range s.WideColumns {
		columns = append(columns, fake.Column(fmt.Sprintf("c%d", i+1), pgtype.Int4OID))
		values = append(values, i+1)
	}
	b.Reply(s.Wide, fake.Rows(columns...).Row(values...))
}

// oid returns the type that v's statement casts its value to.
func oid(v backendtest.Value) uint32 {
	if typ, ok := pgtype.NewMap().TypeForValue(v.Want); ok {
		return typ.OID
	}
	if strings.HasSuffix(v.SQL, "[]") {
		return pgtype.Int8ArrayOID
	}
	return pgtype.TextOID
}

func withParameters(n int, answer func(args []any) fake.Result) fake.Handler {
	return func(_ context.Context, args []any) fake.Result {
		if len(args) != n {
			return fake.Error(&messages.Error{Code: messages.ErrInvalidRequest, Detail: fmt.Sprintf("%d parameters", n)})
		}
		return answer(args)
	}
}

// refuseTwice answers an insert, but for the text "twice", which the suite inserts to violate a constraint: only the
// first of these would be let through.
func refuseTwice(seen *atomic.Bool, answer func(args []any) fake.Result) fake.Handler {
	return withParameters(2, func(args []any) fake.Result {
		value, ok := args[1].(string)
		switch {
		case !ok:
			return fake.Error(&messages.Error{Code: messages.ErrInvalidRequest, Detail: "not a text"})
		case value == "twice" && seen.Swap(true):
			return fake.Error(&pgconn.PgError{Code: "23505"})
		}
		return answer(args)
	})
}
