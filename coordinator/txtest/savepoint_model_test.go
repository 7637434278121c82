package txtest_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// world is what the shards hold: a map for each.
type world []map[int]int

func (w world) clone() world {
	c := make(world, len(w))
	for i := range w {
		c[i] = maps.Clone(w[i])
	}
	return c
}

// level is a transaction or a savepoint within it, and what the shards held when it began. One that is an orphan was ended
// with a savepoint around it: as with pgx, its statements run in what is left.
type level struct {
	tx             pgx.Tx
	begin          world
	closed, orphan bool
}

// model is a transaction over several shards beside what it should have done.
type model struct {
	*stage
	t       *rapid.T
	ctx     context.Context
	tx      *coordinator.Tx
	levels  []*level // every one that was begun; those that are open in order
	now     world
	aborted bool
	touched map[int]bool
}

func (m *model) innermost() *level {
	for i := len(m.levels) - 1; i >= 0; i-- {
		if l := m.levels[i]; !l.closed && !l.orphan {
			return l
		}
	}
	return nil
}

// close marks a level as closed, and makes orphans of those that were begun within it.
func (m *model) close(l *level) {
	for i := len(m.levels) - 1; m.levels[i] != l; i-- {
		m.levels[i].orphan = true
	}
	l.closed = true
}

// statement runs a statement on a shard, through any of the levels that are open, and checks what it may answer.
func (m *model) statement(l *level, shard int, sql string, args ...any) (ok bool) {
	tag, err := l.tx.Exec(on(m.ctx, m.dbs[shard]), sql, args...)
	switch {
	case l.closed:
		require.ErrorIs(m.t, err, pgx.ErrTxClosed)
		return false
	case m.aborted:
		require.ErrorIs(m.t, err, messages.ErrTxAborted)
		return false
	}
	require.NoError(m.t, err)
	require.EqualValues(m.t, 1, tag.RowsAffected())
	m.touched[shard] = true
	return true
}

// check compares what the transaction sees on one shard with the model.
func (m *model) check(l *level, shard int) {
	rows, err := l.tx.Query(on(m.ctx, m.dbs[shard]), "select k, v from t order by k")
	switch {
	case l.closed:
		require.ErrorIs(m.t, err, pgx.ErrTxClosed)
		return
	case m.aborted:
		require.ErrorIs(m.t, err, messages.ErrTxAborted)
		return
	}
	require.NoError(m.t, err)
	m.touched[shard] = true
	seen := map[int]int{}
	var k, v int
	_, err = pgx.ForEachRow(rows, []any{&k, &v}, func() error {
		seen[k] = v
		return nil
	})
	require.NoError(m.t, err)
	require.Equal(m.t, m.now[shard], seen, "what the transaction sees on s%d", shard)
}

// fail runs a statement that fails, which aborts the transaction on all shards.
func (m *model) fail(l *level, shard int) {
	_, err := l.tx.Exec(on(m.ctx, m.dbs[shard]), "insert into t values (-1, null)")
	switch {
	case l.closed:
		require.ErrorIs(m.t, err, pgx.ErrTxClosed)
	case m.aborted:
		require.ErrorIs(m.t, err, messages.ErrTxAborted)
	default:
		require.ErrorIs(m.t, err, messages.ErrStatement)
		m.aborted, m.touched[shard] = true, true
	}
}

func (m *model) savepoint(l *level) {
	inner, err := l.tx.Begin(m.ctx)
	switch {
	case l.closed:
		require.ErrorIs(m.t, err, pgx.ErrTxClosed)
	case m.aborted:
		require.ErrorIs(m.t, err, messages.ErrTxAborted)
	default:
		require.NoError(m.t, err)
		m.levels = append(m.levels, &level{tx: inner, begin: m.now.clone()})
	}
}

// rollBack undoes what came since a savepoint, whether other savepoints were begun in it or not.
func (m *model) rollBack(l *level) {
	err := l.tx.Rollback(m.ctx)
	if l.closed || l.orphan {
		l.closed = true
		require.ErrorIs(m.t, err, pgx.ErrTxClosed)
		return
	}
	require.NoError(m.t, err)
	m.now, m.aborted = l.begin.clone(), false
	m.close(l)
}

// release keeps what came since a savepoint.
func (m *model) release(l *level) {
	err := l.tx.Commit(m.ctx)
	switch {
	case l.closed, l.orphan:
		require.ErrorIs(m.t, err, pgx.ErrTxClosed)
		l.closed = true
	case m.aborted:
		require.ErrorIs(m.t, err, messages.ErrTxAborted)
		l.closed = true // but it is there, as with pgx, and so are those within it
	default:
		require.NoError(m.t, err)
		m.close(l)
	}
}

// commit ends the whole, and returns what must be there then.
func (m *model) commit(before world) world {
	err := m.tx.Commit(m.ctx)
	m.close(m.levels[0])
	if m.aborted {
		require.ErrorIs(m.t, err, pgx.ErrTxCommitRollback)
		return before
	}
	require.NoError(m.t, err)
	return m.now
}

func TestSavepointsOverSeveralShards(t *testing.T) {
	for kinds, times := range map[string]int{"sss": repeats(500, 20000), "psp": repeats(80, 3000), "ppp": repeats(80, 3000)} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, nil)
			s.everywhere(t, "create table t (k integer primary key, v integer not null)")
			rapidly(t, times, func(rt *rapid.T) {
				before := world{{}, {}, {}}
				for i, d := range s.dbs {
					d.exec(rt, "delete from t")
					d.exec(rt, fmt.Sprintf("insert into t values (0, %d)", i))
					before[i][0] = i
				}
				after := playSavepoints(rt, s, before)
				s.requireIdle(rt)
				for i, d := range s.dbs {
					require.Equal(rt, after[i], d.rows(rt), "what is committed on %s", d.id)
				}
			})
		})
	}
}

// playSavepoints runs one transaction, and returns what the shards must hold after it.
func playSavepoints(t *rapid.T, s *stage, before world) world {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	options := coordinator.TxOptions{Shards: rapid.SampledFrom([][]messages.ShardID{nil, nil, {"s1"}, {"s2", "s0"}}).Draw(t, "up front")}
	tx, err := s.BeginAll(ctx, options)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(ctx) }()
	m := &model{stage: s, t: t, ctx: ctx, tx: tx, now: before.clone(), touched: map[int]bool{}}
	for _, id := range options.Shards {
		m.touched[int(id[1]-'0')] = true
	}
	m.levels = []*level{{tx: tx, begin: before.clone()}}
	for range rapid.IntRange(1, 40).Draw(t, "length") {
		l := m.innermost()
		if rapid.IntRange(0, 2).Draw(t, "which") == 0 {
			l = m.levels[rapid.IntRange(0, len(m.levels)-1).Draw(t, "level")]
		}
		m.step(l, rapid.IntRange(0, len(s.dbs)-1).Draw(t, "shard"), rapid.IntRange(0, 3).Draw(t, "key"))
		m.checkEnlisted(before)
	}
	if rapid.IntRange(0, 3).Draw(t, "end") > 0 {
		return m.commit(before)
	}
	require.NoError(t, tx.Rollback(ctx))
	return before
}

// step makes one step at random.
func (m *model) step(l *level, shard, key int) {
	switch kind := rapid.SampledFrom([]string{
		"put", "put", "put", "delete", "read", "read", "savepoint", "savepoint", "savepoint", "roll back", "roll back", "release", "release", "release", "fail",
	}).Draw(m.t, "step"); kind {
	case "put":
		value := rapid.IntRange(0, 99).Draw(m.t, "value")
		if m.statement(l, shard, "insert into t values ($1, $2) on conflict (k) do update set v = excluded.v", key, value) {
			m.now[shard][key] = value
		}
	case "delete":
		if _, there := m.now[shard][key]; !there && !m.aborted && !l.closed {
			return
		}
		if m.statement(l, shard, "delete from t where k = $1", key) {
			delete(m.now[shard], key)
		}
	case "read":
		m.check(l, shard)
	case "savepoint":
		m.savepoint(l)
	case "roll back":
		if l == m.levels[0] {
			l = m.levels[len(m.levels)-1]
		}
		if l != m.levels[0] {
			m.rollBack(l)
		}
	case "release":
		if l != m.levels[0] {
			m.release(l)
		}
	case "fail":
		if rapid.Bool().Draw(m.t, "really") {
			m.fail(l, shard)
		}
	}
}

// checkEnlisted checks that shards are enlisted if they were changed, and only if they were touched.
func (m *model) checkEnlisted(before world) {
	for _, id := range m.tx.Shards() {
		require.True(m.t, m.touched[int(id[1]-'0')], "%s is enlisted, but nothing was asked of it", id)
	}
	for i, d := range m.dbs {
		if !maps.Equal(before[i], m.now[i]) {
			require.Contains(m.t, m.tx.Shards(), d.id)
		}
	}
}

// rows returns the rows of t as others see them.
func (d *database) rows(t require.TestingT) map[int]int {
	rows, err := d.look.QueryContext(context.Background(), "select k, v from t")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	all := map[int]int{}
	for rows.Next() {
		var k, v int
		require.NoError(t, rows.Scan(&k, &v))
		all[k] = v
	}
	require.NoError(t, rows.Err())
	return all
}
