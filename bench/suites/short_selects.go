package suites

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

const (
	moreFields    = fields + ", q integer, p integer, x integer, y integer, z integer"
	wholeCustomer = "select id, name, description, q, p from customer where id = $1"
	threeColumns  = "select id, name, description from customer where id = $1"
	allColumns    = "select id, name, description, q, p, x, y, z from customer where id = $1"
	seed          = 0x7e57
	partOfColumns = 1                      // id
	partOfEntity  = 1 + 10 + 20            // and q and p, which are so many times the id
	partOfAll     = partOfEntity + 30 + 40 // and x and y
)

// manyCustomers are the rows that there are, unless more are asked for.
var manyCustomers = 10_999

// account is a row without the columns that are seldom wanted.
type account struct {
	coordinator.Identity
	ID          int64  `db:"id,pk"`
	Name        string `db:"name"`
	Description string `db:"description"`
	Q           int64  `db:"q"`
	P           int64  `db:"p"`
}

// TableName names the table.
func (account) TableName() string { return table }

// shortSelects is the state of the suite.
type shortSelects struct {
	ids  []int64 // in the order in which they are asked for
	once []any   // what goes before the arguments of a statement that is sent once only
	sum  int64   // of the numbers in a row, as a multiple of the id
}

// ShortSelects reads single rows by primary key. "No cache" means that each statement is a text that was never seen before, so that it
// is understood, planned and sent to be parsed by itself.
func ShortSelects() *profile.Profiler {
	x := &shortSelects{}
	p := profile.Init("short_selects", "Ways to select a single row by its primary key.", 10_000)
	p.Setup(x.setup)
	p.Check(func(_ context.Context, s *profile.Stage, _ string, got profile.Answer) error {
		var want profile.Answer
		for _, id := range x.ids[:s.N] {
			want.Add(id*x.sum, short(id), short(id))
		}
		return got.Want(want)
	})
	p.Profile("test_orm_query_classic_style", "Select the object by a session, no cache.", x.objects(false, unseen(wholeCustomer)))
	p.Profile("test_orm_query_classic_style_w_cache", "Select the object by a session, using the cache.", x.objects(false, same(wholeCustomer)))
	p.Profile("test_orm_query_new_style", "Send for the object by a session and await it, no cache.", x.objects(true, unseen(wholeCustomer)))
	p.Profile("test_orm_query_new_style_cache", "Send for the object by a session and await it, using the cache.", x.objects(true, same(wholeCustomer)))
	p.Profile("test_orm_query_classic_style_cols_only", "Select columns in a session's transaction, no cache.", x.columns(unseen(threeColumns)))
	p.Profile("test_orm_query_classic_style_cols_only_cache", "Select columns in a session's transaction, using the cache.", x.columns(same(threeColumns)))
	p.Profile("test_core_new_stmt_each_time", "Query the row, making a new statement each time, no cache.", x.rows(unseen("")))
	p.Profile("test_core_new_stmt_each_time_compiled_cache", "Query the row, making a new statement each time, using the cache.", x.rows(same("")))
	p.Profile("test_core_reuse_stmt", "Query the row, reusing the same statement, no cache.", x.rows(unseen(allColumns)))
	p.Profile("test_core_reuse_stmt_compiled_cache", "Query the row, reusing the same statement, using the cache.", x.rows(same(allColumns)))
	return p
}

func short(id int64) string { return "c" + strconv.FormatInt(id, 10) }

func (x *shortSelects) setup(ctx context.Context, s *profile.Stage) error {
	if err := createTable(ctx, s, "id", coordinator.Integer, moreFields); err != nil {
		return err
	}
	n := max(manyCustomers, s.N)
	names := []string{"id", "name", "description", "q", "p", "x", "y"}
	_, err := s.Troupe.CopyFrom(ctx, pgx.Identifier{table}, names, pgx.CopyFromSlice(n, func(i int) ([]any, error) {
		id := int64(i + 1)
		return []any{id, short(id), short(id), id * 10, id * 20, id * 30, id * 40}, nil
	}))
	if err != nil {
		return err
	}
	x.ids = nil
	for _, i := range rand.New(rand.NewPCG(seed, uint64(n))).Perm(n) {
		x.ids = append(x.ids, int64(i+1))
	}
	x.once, err = sentOnce(s)
	return err
}

// sentOnce returns what has PostgreSQL run a statement without preparing it first: who sends a text once only says so. SQLite has nothing like it.
func sentOnce(s *profile.Stage) ([]any, error) {
	dialects, err := s.Dialects()
	if err != nil {
		return nil, err
	}
	for _, d := range dialects {
		if d != messages.PostgreSQL {
			return nil, nil
		}
	}
	return []any{pgx.QueryExecModeExec}, nil
}

// statement makes the text that asks for an id, and says whether it is one that was never seen before.
type statement func(id int64) (text string, isNew bool)

// same is the same text each time; an empty one stands for a text that is put together each time.
func same(text string) statement {
	return func(int64) (string, bool) {
		if text == "" {
			return assemble(), false
		}
		return text, false
	}
}

// unseen is another text each time.
func unseen(text string) statement {
	whole := same(text)
	return func(id int64) (string, bool) {
		text, _ := whole(id)
		return text + " -- " + strconv.FormatInt(id, 10), true
	}
}

// assemble makes the text of allColumns.
func assemble() string {
	var b strings.Builder
	b.WriteString("select ")
	for i, column := range []string{"id", "name", "description", "q", "p", "x", "y", "z"} {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(column)
	}
	b.WriteString(" from ")
	b.WriteString(table)
	b.WriteString(" where id = $1")
	return b.String()
}

// arguments returns the text and arguments that ask for an id.
func (x *shortSelects) arguments(text statement, id int64) (string, []any) {
	sql, isNew := text(id)
	if !isNew || len(x.once) == 0 {
		return sql, []any{id}
	}
	return sql, []any{x.once[0], id}
}

// objects selects objects by a session for each client, and sends for them first or not.
func (x *shortSelects) objects(send bool, text statement) profile.Func {
	return x.each(partOfEntity, func(ctx context.Context, s *profile.Stage, ids []int64, a *profile.Answer) error {
		unit := session.New(ctx, s.Troupe, readOnly)
		defer unit.Close()
		for _, id := range ids {
			sql, args := x.arguments(text, id)
			var found []*account
			var err error
			if send {
				found, err = session.SendSelect[account](ctx, unit, sql, args...).Await(ctx)
			} else {
				found, err = session.Select[account](ctx, unit, sql, args...)
			}
			switch {
			case err != nil:
				return err
			case len(found) != 1:
				return fmt.Errorf("%d objects with the id %d", len(found), id)
			}
			o := found[0]
			a.Add(o.ID+o.Q+o.P, o.Name, o.Description)
		}
		return nil
	})
}

// columns selects columns in the transaction of a session for each client.
func (x *shortSelects) columns(text statement) profile.Func {
	return x.each(partOfColumns, func(ctx context.Context, s *profile.Stage, ids []int64, a *profile.Answer) error {
		unit := session.New(ctx, s.Troupe, readOnly)
		defer unit.Close()
		for _, id := range ids {
			sql, args := x.arguments(text, id)
			tx, err := unit.Tx(ctx)
			if err != nil {
				return err
			}
			var r record
			if err := tx.QueryRow(ctx, sql, args...).Scan(&r.ID, &r.Name, &r.Description); err != nil {
				return err
			}
			r.addTo(a)
		}
		return nil
	})
}

// rows queries whole rows of the table, each by itself.
func (x *shortSelects) rows(text statement) profile.Func {
	return x.each(partOfAll, func(ctx context.Context, s *profile.Stage, ids []int64, a *profile.Answer) error {
		for _, id := range ids {
			sql, args := x.arguments(text, id)
			var key, q, p, px, py int64
			var z *int64
			var name, description string
			if err := s.Troupe.QueryRow(ctx, sql, args...).Scan(&key, &name, &description, &q, &p, &px, &py, &z); err != nil {
				return err
			}
			if z != nil {
				return fmt.Errorf("row %d has a z of %d", id, *z)
			}
			a.Add(key+q+p+px+py, name, description)
		}
		return nil
	})
}

// each deals the ids out to the clients.
func (x *shortSelects) each(sum int64, f func(ctx context.Context, s *profile.Stage, ids []int64, a *profile.Answer) error) profile.Func {
	return func(ctx context.Context, s *profile.Stage) error {
		x.sum = sum
		return s.Split(ctx, func(ctx context.Context, first, count int) error {
			var a profile.Answer
			err := f(ctx, s, x.ids[first:first+count], &a)
			s.Answer(a)
			return err
		})
	}
}
