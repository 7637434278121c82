package ids

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Table is a source of numbers, int64 from 1 on, that a table in one shard counts: one row for each name of a table, with the
// next number that nobody has. Any number of processes may share it. It is safe for concurrent use, and needs no closing.
//
// Outside of a transaction it takes a block at a time, by one statement, and hands it out to all who ask in this process. Within one
// that has enlisted the shard's database it takes exactly what is asked for by a statement of that transaction, because SQLite has one
// writer only, which would wait for itself. These numbers are given again if the transaction, or the savepoint within it, is rolled
// back, so what was written with them must be gone by that, too: a [coordinator.CommitError] that has the shard among the failed and others among the
// committed says that it isn't. Within a transaction that hasn't enlisted it, it goes outside of it, and its numbers stay taken. That
// needs a connection beside those of the transactions, so where pools are small, name the shard in coordinator.TxOptions.Shards.
//
// Numbers are unique and not gapless: a process that ends loses at most what is left of its block, and a fetch that fails with
// [messages.ErrOutcomeUnknown] may have taken one.
type Table struct {
	troupe *coordinator.Troupe
	cfg    TableConfig
	sql    string

	mu struct {
		sync.Mutex
		counters map[string]*counter // by the name of the table that the ids are for
	}
}

// NewTable returns the ids of a table in a shard of t. The table is as [Table.Create] makes it, and isn't looked for yet. The errors
// are [messages.ErrInvalidConfig], with [messages.ErrUnknownShard] as the cause if the troupe has no such shard.
func NewTable(t *coordinator.Troupe, cfg TableConfig) (*Table, error) {
	cfg, err := cfg.withDefaults(t)
	if err != nil {
		return nil, err
	}
	table := &Table{troupe: t, cfg: cfg, sql: takeSQL(mapping.QuoteTable(cfg.Table))}
	table.mu.counters = map[string]*counter{}
	return table, nil
}

// takeSQL returns the statement that takes ids, of which the parameters are the name and one more than how many, which is what next
// is after the first ids were taken. It returns no row if there aren't as many left.
func takeSQL(table string) string {
	return fmt.Sprintf("INSERT INTO %s AS i (name, next) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET next = i.next + excluded.next - 1 "+
		"WHERE i.next <= %d - excluded.next RETURNING next", table, math.MaxInt64)
}

// Create makes the table if it isn't there. Whoever makes it otherwise: name is a text and the primary key, next a bigint, and a row
// with another next than 1 says where its table's numbers begin.
func (t *Table) Create(ctx context.Context) error {
	ctx, inside := t.context(ctx)
	sql := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (name text PRIMARY KEY, next bigint NOT NULL)", mapping.QuoteTable(t.cfg.Table))
	_, err := t.troupe.Exec(ctx, sql)
	if err != nil && !inside && madeByAnother(err) {
		_, err = t.troupe.Exec(ctx, sql)
	}
	return err
}

// madeByAnother reports whether a CREATE TABLE IF NOT EXISTS failed because somebody else made the table in the same moment: PostgreSQL
// looks for it first, and finds it in its catalogue then. The second time it finds it first.
func madeByAnother(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "23505" || pg.Code == "42P07" || pg.Code == "42710")
}

// Next returns n numbers for rows of table, which differs in case from no other. They ascend, and needn't be neighbours. It
// returns at once when ctx ends.
func (t *Table) Next(ctx context.Context, table string, n int) ([]any, error) {
	if err := check(ctx, table, n); err != nil || n == 0 {
		return nil, err
	}
	ctx, inside := t.context(ctx)
	if !inside {
		return t.counter(table).next(ctx, n)
	}
	// Rows elsewhere may have the numbers: were they committed and the counter rolled back, it would give them again.
	if err := t.troupe.TxOn(ctx, t.cfg.Shard).CommitFirst(t.cfg.Shard); err != nil {
		return nil, err
	}
	taken, err := t.take(ctx, table, n)
	if err != nil {
		return nil, err
	}
	var own spans
	own.add(taken)
	return own.take(n), nil
}

func (t *Table) counter(name string) *counter {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.mu.counters[name]
	if c == nil {
		c = &counter{name: name, block: t.cfg.Block, fetch: t.fetch}
		t.mu.counters[name] = c
	}
	return c
}

// context returns ctx pinned to the shard, and whether it has a transaction there: a transaction that is elsewhere isn't in it any more.
func (t *Table) context(ctx context.Context) (context.Context, bool) {
	inside := t.troupe.TxOn(ctx, t.cfg.Shard) != nil
	if !inside {
		ctx = coordinator.WithTx(ctx, nil)
	}
	return coordinator.OnShard(ctx, t.cfg.Shard), inside
}

const (
	fetchAttempts = 10
	fetchPause    = 20 * time.Millisecond // after the first, at the most; each time it is one more
)

// fetch takes ids outside of any transaction, with a ctx that context made. It tries again where the statement had no effect because of others: they may be many,
// and at the isolation level that the database defaults to PostgreSQL may refuse all but one of them.
func (t *Table) fetch(ctx context.Context, name string, n int) (taken span, err error) {
	for attempt := range fetchAttempts {
		taken, err = t.take(ctx, name, n)
		if err == nil || !messages.Conflict(err) || attempt == fetchAttempts-1 {
			break
		}
		pause := time.NewTimer(rand.N(fetchPause * time.Duration(attempt+1)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return span{}, err
		}
	}
	return taken, err
}

// take takes n ids by one statement.
func (t *Table) take(ctx context.Context, name string, n int) (span, error) {
	var next int64
	err := t.troupe.QueryRow(ctx, t.sql, name, int64(n)+1).Scan(&next)
	if errors.Is(err, pgx.ErrNoRows) {
		return span{}, invalidRequest(fmt.Sprintf("there are no %d numbers left for table %s", n, name))
	}
	if err != nil {
		return span{}, err
	}
	taken, ok := blockBefore(next, n)
	if !ok {
		return span{}, &messages.Error{
			Code: messages.ErrDamaged, Shard: t.cfg.Shard, Op: "ids",
			Detail: fmt.Sprintf("table %s says that the next number for table %s is %d: they begin at 1", t.cfg.Table, name, next-int64(n)),
		}
	}
	return taken, nil
}
