package suites

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
)

const (
	insertCustomer = "insert into customer (name, description) values ($1, $2)"
	insertByName   = "insert into customer (name, description) values (@name, @description)"
)

// nameless are the columns of a row whose id the database gives.
var nameless = []string{"name", "description"}

// SingleInserts inserts single rows, each committed by itself, as an application does that answers one request after the other.
func SingleInserts() *profile.Profiler {
	var drivers *plains
	p := profile.Init("single_inserts", "Ways to insert a single row in a transaction of its own.", 10_000)
	insertsAnew(p, &drivers)
	each := func(name, doc string, insert func(ctx context.Context, s *profile.Stage, i int) error) {
		p.Profile(name, doc, shared(func(ctx context.Context, s *profile.Stage, first, count int) error {
			for i := first; i < first+count; i++ {
				if err := insert(ctx, s, i); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	each("test_orm_commit", "Add the object to a session and commit it.", addAndCommit)
	each("test_bulk_save", "Copy a list of one object.", copyObject)
	each("test_bulk_insert_dictionaries", "Send a batch of one insert, whose arguments are a map.", sendDictionary)
	each("test_core", "Insert in a transaction, making a new statement each time.", func(ctx context.Context, s *profile.Stage, i int) error {
		return insertInTx(ctx, s, assembleInsert(), i)
	})
	each("test_core_query_caching", "Insert in a transaction, reusing the same statement.", func(ctx context.Context, s *profile.Stage, i int) error {
		return insertInTx(ctx, s, insertCustomer, i)
	})
	each("test_dbapi_raw_w_connect", "Insert in a transaction of the plain driver, with a connection each time.", func(ctx context.Context, s *profile.Stage, i int) error {
		return drivers.insertConnecting(ctx, s, i)
	})
	each("test_dbapi_raw_w_pool", "Insert in a transaction of the plain driver, with a connection of a pool.", func(ctx context.Context, _ *profile.Stage, i int) error {
		return drivers.insertPooled(ctx, i)
	})
	return p
}

// insertsAnew says of a suite that each of its tests inserts N rows into a table made anew, which is checked.
func insertsAnew(p *profile.Profiler, drivers **plains) {
	p.Setup(func(ctx context.Context, s *profile.Stage) error {
		if err := createTable(ctx, s, "name", coordinator.Text, fields); err != nil {
			return err
		}
		return keepPlains(ctx, s, drivers)
	})
	p.Check(func(ctx context.Context, s *profile.Stage, _ string, _ profile.Answer) error {
		return inserted(ctx, s, s.N)
	})
}

func addAndCommit(ctx context.Context, s *profile.Stage, i int) error {
	unit := session.New(ctx, s.Troupe, session.Config{})
	defer unit.Close()
	if err := unit.Add(&numbered{Name: nameOf(i), Description: descriptionOf(i)}); err != nil {
		return err
	}
	return unit.Commit(ctx)
}

func copyObject(ctx context.Context, s *profile.Stage, i int) error {
	return copyObjects(ctx, s.Troupe, []numbered{{Name: nameOf(i), Description: descriptionOf(i)}})
}

// copyObjects copies the columns of objects, whose keys the database gives and nobody learns.
func copyObjects(ctx context.Context, t *coordinator.Troupe, objects []numbered) error {
	_, err := t.CopyFrom(ctx, pgx.Identifier{table}, nameless, pgx.CopyFromSlice(len(objects), func(i int) ([]any, error) {
		return []any{objects[i].Name, objects[i].Description}, nil
	}))
	return err
}

func sendDictionary(ctx context.Context, s *profile.Stage, i int) error {
	var batch pgx.Batch
	queueDictionary(&batch, i)
	return s.Troupe.SendBatch(ctx, &batch).Close()
}

func queueDictionary(batch *pgx.Batch, i int) {
	batch.Queue(insertByName, pgx.NamedArgs{"name": nameOf(i), "description": descriptionOf(i)})
}

// assembleInsert makes the text of insertCustomer.
func assembleInsert() string {
	var b strings.Builder
	b.WriteString("insert into ")
	b.WriteString(table)
	b.WriteString(" (")
	b.WriteString(strings.Join(nameless, ", "))
	b.WriteString(") values ($1, $2)")
	return b.String()
}

func insertInTx(ctx context.Context, s *profile.Stage, sql string, i int) error {
	return s.Troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
		_, err := tx.Exec(ctx, sql, nameOf(i), descriptionOf(i))
		return err
	})
}

func (p *plains) insertConnecting(ctx context.Context, s *profile.Stage, i int) (err error) {
	shard, err := p.shardOf(nameOf(i))
	if err != nil {
		return err
	}
	db, err := connect(ctx, s.Shards[shard].DSN)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	return insertPlainly(ctx, db, i)
}

func (p *plains) insertPooled(ctx context.Context, i int) error {
	shard, err := p.shardOf(nameOf(i))
	if err != nil {
		return err
	}
	return insertPlainly(ctx, p.dbs[shard], i)
}

func insertPlainly(ctx context.Context, db plain, i int) error {
	return db.transact(ctx, func(exec execFunc) error { return exec(insertCustomer, nameOf(i), descriptionOf(i)) })
}
