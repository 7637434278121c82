package coordinator

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/messages"
)

// sqliteTimes answers with the columns that may be declared as times, in lower case, and the views and virtual tables, whose columns
// may be of any table: NULL is all of them. Package sqlite reads a text as a time if its column is a DATE, a DATETIME or some TIMESTAMP.
// See timesOf for its parts: a table's name, the schema's table, the arguments of the pragma, which tables are the shard's.
const sqliteTimes = `SELECT lower(%[1]s), lower(p.name) FROM %[2]s m JOIN pragma_table_xinfo(%[3]s) p
	WHERE %[4]s AND m.type = 'table' AND m.sql NOT LIKE 'create virtual%%' AND (m.sql LIKE '%%time%%' OR m.sql LIKE '%%date%%')
		AND (p.type LIKE '%%time%%' OR p.type LIKE '%%date%%')
	UNION ALL SELECT lower(%[1]s), NULL FROM %[2]s m WHERE %[4]s AND (type = 'view' OR sql LIKE 'create virtual%%')`

// askTimes finds out which columns of a SQLite shard may be times. Of a shard that can't be asked none is known, and to merge
// one is refused when it comes.
func (t *Troupe) askTimes(ctx context.Context, shard int) error {
	var columns []plan.TimeColumn
	rows, err := t.ask(ctx, shard, t.timesOf(shard))
	if err == nil {
		columns, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c plan.TimeColumn, err error) {
			var column *string
			if err = row.Scan(&c.Table, &column); err == nil && column != nil {
				c.Column = *column
			}
			return c, err
		})
	}
	if errors.Is(err, messages.ErrStatement) {
		return nil
	}
	if err == nil {
		t.learnTimes(columns)
	}
	return err
}

// learnTimes adds to the columns that are known to be times. They only grow, so that few plans have to be made anew: what is no time
// any more is merged as it is stored nevertheless.
func (t *Troupe) learnTimes(columns []plan.TimeColumn) {
	for {
		known := t.times.Load()
		if more := known.With(columns); more == known || t.times.CompareAndSwap(known, more) {
			return
		}
	}
}

// timesMatter reports whether it makes a difference to how the targets' rows are merged which columns are times. Times of PostgreSQL
// have nothing in common with what SQLite stores, so where both are asked it makes none.
func (c *call) timesMatter() bool {
	return c.wantRows && len(c.plans) == 1 && c.plans[0].dialect == messages.SQLite && c.plans[0].plan.AsksTimes
}

// knowTimes has the statement planned with the targets' times, if they are known; else the shards are to be asked, which may block.
func (c *call) knowTimes() error {
	if !c.timesMatter() {
		return nil
	}
	for _, shard := range c.targets {
		if _, ok := c.troupe.texts[shard].known(); !ok {
			c.left = askShards
			return nil
		}
	}
	return c.replan()
}

// replan plans the statement anew if more times are known than it was planned with.
func (c *call) replan() error {
	p, t := &c.plans[0], c.troupe
	times := t.times.Load()
	if times == p.times {
		return nil
	}
	again, err := t.planFor(p.dialect, c.sql, times)
	if err != nil {
		return err
	}
	p.plan, p.times = again, times
	return nil
}

// lookUpTimes asks the targets for their times, and gathers anew if that makes a difference.
func (c *call) lookUpTimes(ctx context.Context) error {
	for _, shard := range c.targets {
		if _, err := c.troupe.textsOf(ctx, shard); err != nil {
			return err
		}
	}
	if c.plans[0].times == c.troupe.times.Load() {
		return nil
	}
	if err := c.replan(); err != nil { // here, for a change of the schema may have made forgotten meanwhile that the times are known
		return err
	}
	return c.prepareGather()
}
