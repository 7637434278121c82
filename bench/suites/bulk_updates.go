package suites

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
)

const (
	updated        = "updated"
	updateCustomer = "update customer set description = description || 'updated' where id = $1"
	updateRange    = "update customer set description = description || 'updated' where id between $1 and $2"
)

// BulkUpdates updates a large number of rows, committed together by each client.
func BulkUpdates() *profile.Profiler {
	var drivers *plains
	p := profile.Init("bulk_updates", "Ways to update a large number of rows.", 100_000)
	p.Setup(func(ctx context.Context, s *profile.Stage) error {
		if err := createTable(ctx, s, "id", coordinator.Integer, fields); err != nil {
			return err
		}
		if err := keepPlains(ctx, s, &drivers); err != nil {
			return err
		}
		return load(ctx, s, s.N)
	})
	p.Check(allUpdated)
	p.Profile("test_orm_flush", "Select objects by a session 1,000 at a time, change and flush them.", shared(changeAndFlush))
	p.Profile("test_bulk_update_mappings", "Send batches of 1,000 updates in a transaction.", shared(sendUpdates))
	p.Profile("test_core_update", "Update 1,000 rows with each statement, in a transaction.", shared(updateRanges))
	p.Profile("test_dbapi_raw", "Update each row by itself by the plain driver, in a transaction of each database.",
		shared(func(ctx context.Context, _ *profile.Stage, first, count int) error {
			return drivers.update(ctx, first, count)
		}))
	return p
}

func allUpdated(ctx context.Context, s *profile.Stage, _ string, _ profile.Answer) error {
	var want, got profile.Answer
	for i := range s.N {
		want.Add(int64(i+1), nameOf(i), descriptionOf(i)+updated)
	}
	if err := columns(ctx, s, &got); err != nil {
		return err
	}
	return got.Want(want)
}

func changeAndFlush(ctx context.Context, s *profile.Stage, first, count int) error {
	return flushChunks(ctx, s, first, count, func(unit *session.Session, first, count int) error {
		list, err := session.Select[customer](ctx, unit, selectCustomers+" where id between $1 and $2", first+1, first+count)
		if err != nil {
			return err
		}
		for _, c := range list {
			c.Description += updated
		}
		return nil
	})
}

func sendUpdates(ctx context.Context, s *profile.Stage, first, count int) error {
	return sendChunks(ctx, s, first, count, func(batch *pgx.Batch, i int) { batch.Queue(updateCustomer, i+1) })
}

func updateRanges(ctx context.Context, s *profile.Stage, first, count int) error {
	return inTxChunks(ctx, s, first, count, func(ctx context.Context, tx *coordinator.Tx, first, count int) error {
		tag, err := tx.Exec(ctx, updateRange, first+1, first+count)
		if err == nil && tag.RowsAffected() != int64(count) {
			return fmt.Errorf("wrong answer: %d rows updated, not %d", tag.RowsAffected(), count)
		}
		return err
	})
}

// update updates rows of all databases, all at once, each in one transaction.
func (p *plains) update(ctx context.Context, first, count int) error {
	parts := make([][]int64, len(p.dbs))
	for i := first; i < first+count; i++ {
		id := int64(i + 1)
		shard, err := p.shardOf(id)
		if err != nil {
			return err
		}
		parts[shard] = append(parts[shard], id)
	}
	return p.atOnce(func(i int, db plain) error {
		return db.transact(ctx, func(exec execFunc) error {
			for _, id := range parts[i] {
				if err := exec(updateCustomer, id); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
