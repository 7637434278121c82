package suites

import (
	"context"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
)

// BulkInserts inserts a large number of rows, committed together by each client.
func BulkInserts() *profile.Profiler {
	var drivers *plains
	p := profile.Init("bulk_inserts", "Ways to insert a large number of rows.", 100_000)
	insertsAnew(p, &drivers)
	p.Profile("test_flush_no_pk", "Flush objects of a session 1,000 at a time, whose keys the database gives.", shared(flushNumbered))
	p.Profile("test_bulk_save_return_pks", "Add objects in a transaction, an insert for each, which learn the keys that the database gives.", shared(addNumbered))
	p.Profile("test_flush_pk_given", "Flush objects of a session 1,000 at a time, which have their keys.", shared(flushCustomers))
	p.Profile("test_bulk_save", "Copy objects, without learning their keys.", shared(copyNumbered))
	p.Profile("test_bulk_insert_mappings", "Send batches of 1,000 inserts in a transaction, whose arguments are maps.", shared(sendDictionaries))
	p.Profile("test_core_insert", "Insert 1,000 rows with each statement, in a transaction.", shared(insertMany))
	p.Profile("test_dbapi_raw", "Insert rows by the plain driver's means for many of them.",
		shared(func(ctx context.Context, _ *profile.Stage, first, count int) error {
			return drivers.load(ctx, first, count)
		}))
	return p
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
	return flushChunks(ctx, s, first, count, func(unit *session.Session, first, count int) error {
		return unit.Add(objects(first, count)...)
	})
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
	return sendChunks(ctx, s, first, count, queueDictionary)
}

func insertMany(ctx context.Context, s *profile.Stage, first, count int) error {
	return inTxChunks(ctx, s, first, count, func(ctx context.Context, tx *coordinator.Tx, first, count int) error {
		args := make([]any, 0, 2*count)
		for i := first; i < first+count; i++ {
			args = append(args, nameOf(i), descriptionOf(i))
		}
		_, err := tx.Exec(ctx, manyRows(count), args...)
		return err
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
