package suites

import (
	"context"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
)

const flushed = 1_000 // rows that are flushed, or sent, at once

// BulkInserts inserts a large number of rows, committed together by each client.
func BulkInserts() *profile.Profiler {
	var drivers *plains
	p := profile.Init("bulk_inserts", "Ways to insert a large number of rows.", 100_000)
	p.Setup(func(ctx context.Context, s *profile.Stage) error {
		if err := createTable(ctx, s, "name", coordinator.Text, fields); err != nil {
			return err
		}
		return keepPlains(ctx, s, &drivers)
	})
	p.Check(func(ctx context.Context, s *profile.Stage, _ string, _ profile.Answer) error {
		return inserted(ctx, s, s.N)
	})
	split := func(name, doc string, insert func(ctx context.Context, s *profile.Stage, first, count int) error) {
		p.Profile(name, doc, func(ctx context.Context, s *profile.Stage) error {
			return s.Split(ctx, func(ctx context.Context, first, count int) error { return insert(ctx, s, first, count) })
		})
	}
	split("test_flush_no_pk", "Flush objects of a session 1,000 at a time, whose keys the database gives.", flushNumbered)
	split("test_bulk_save_return_pks", "Add objects in a transaction, an insert for each, which learn the keys that the database gives.", addNumbered)
	split("test_flush_pk_given", "Flush objects of a session 1,000 at a time, which have their keys.", flushCustomers)
	split("test_bulk_save", "Copy objects, without learning their keys.", copyNumbered)
	split("test_bulk_insert_mappings", "Send batches of 1,000 inserts in a transaction, whose arguments are maps.", sendDictionaries)
	split("test_core_insert", "Insert 1,000 rows with each statement, in a transaction.", insertMany)
	split("test_dbapi_raw", "Insert rows by the plain driver's means for many of them.",
		func(ctx context.Context, _ *profile.Stage, first, count int) error {
			return drivers.load(ctx, first, count)
		})
	return p
}

// chunked calls f for chunks of rows.
func chunked(first, count int, f func(first, count int) error) error {
	for end := first + count; first < end; first += flushed {
		if err := f(first, min(flushed, end-first)); err != nil {
			return err
		}
	}
	return nil
}

func numberedRows(first, count int) (objects []any) {
	for i := first; i < first+count; i++ {
		objects = append(objects, &numbered{Name: nameOf(i), Description: descriptionOf(i)})
	}
	return objects
}

func customerRows(first, count int) (objects []any) {
	for i := first; i < first+count; i++ {
		objects = append(objects, &customer{ID: int64(i + 1), Name: nameOf(i), Description: descriptionOf(i)})
	}
	return objects
}

func flushNumbered(ctx context.Context, s *profile.Stage, first, count int) error {
	return flush(ctx, s, first, count, numberedRows)
}

func flushCustomers(ctx context.Context, s *profile.Stage, first, count int) error {
	return flush(ctx, s, first, count, customerRows)
}

func flush(ctx context.Context, s *profile.Stage, first, count int, objects func(first, count int) []any) error {
	unit := session.New(ctx, s.Troupe, session.Config{})
	defer unit.Close()
	err := chunked(first, count, func(first, count int) error {
		if err := unit.Add(objects(first, count)...); err != nil {
			return err
		}
		return unit.Flush(ctx)
	})
	if err != nil {
		return err
	}
	return unit.Commit(ctx)
}

func addNumbered(ctx context.Context, s *profile.Stage, first, count int) error {
	return s.Troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, _ *coordinator.Tx) error {
		return s.Troupe.Add(ctx, numberedRows(first, count)...)
	})
}

func copyNumbered(ctx context.Context, s *profile.Stage, first, count int) error {
	objects := make([]numbered, 0, count)
	for i := first; i < first+count; i++ {
		objects = append(objects, numbered{Name: nameOf(i), Description: descriptionOf(i)})
	}
	return copyObjects(ctx, s.Troupe, objects)
}

func sendDictionaries(ctx context.Context, s *profile.Stage, first, count int) error {
	return s.Troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
		return chunked(first, count, func(first, count int) error {
			var batch pgx.Batch
			for i := first; i < first+count; i++ {
				batch.Queue(insertByName, pgx.NamedArgs{"name": nameOf(i), "description": descriptionOf(i)})
			}
			return tx.SendBatch(ctx, &batch).Close()
		})
	})
}

func insertMany(ctx context.Context, s *profile.Stage, first, count int) error {
	return s.Troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
		return chunked(first, count, func(first, count int) error {
			args := make([]any, 0, 2*count)
			for i := first; i < first+count; i++ {
				args = append(args, nameOf(i), descriptionOf(i))
			}
			_, err := tx.Exec(ctx, manyRows(count), args...)
			return err
		})
	})
}

// manyRows is an INSERT of so many rows.
func manyRows(count int) string {
	var b strings.Builder
	b.WriteString("insert into customer (name, description) values ")
	for i := range count {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("($")
		b.WriteString(strconv.Itoa(2*i + 1))
		b.WriteString(", $")
		b.WriteString(strconv.Itoa(2*i + 2))
		b.WriteString(")")
	}
	return b.String()
}

// load inserts rows into all databases, all at once, each in one transaction.
func (p *plains) load(ctx context.Context, first, count int) error {
	parts := make([][][]any, len(p.dbs))
	for i := first; i < first+count; i++ {
		shard, err := p.shardOf(nameOf(i))
		if err != nil {
			return err
		}
		parts[shard] = append(parts[shard], []any{nameOf(i), descriptionOf(i)})
	}
	return p.atOnce(func(i int, db plain) error { return db.load(ctx, parts[i]) })
}
