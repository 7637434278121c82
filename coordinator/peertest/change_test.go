package peertest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/troupetest"
	"github.com/troupedb/troupe/messages"
)

// change is a statement that changes rows, and how many, or why it has to be refused.
type change struct {
	name  string
	in    messages.Dialect // as in question
	sql   string
	args  []any
	count int64 // of rows changed
	touch string
	// returned are the rows of RETURNING, in any order; the statement is then run as a query.
	returned []string
	// refused is the code of the refusal, fails that of another error. Nothing is sent then.
	refused statement.Code
	fails   messages.Code
}

// TestChanges makes every change, each to the same rows. What it leaves must be what one database has, with every row on
// its own shard and no row twice.
func TestChanges(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			w := newWorld(t, dialect)
			for topic, changes := range map[string][]change{"insert": inserts, "insert select": insertsOfRows, "update": updates, "delete": deletes} {
				for _, c := range changes {
					if c.in == 0 || c.in == dialect {
						t.Run(topic+"/"+c.name, func(t *testing.T) { c.make(t, w) })
					}
				}
			}
		})
	}
}

func (c *change) make(t *testing.T, w *world) {
	w.refill(t)
	ctx, touched := coordinator.WatchTouched(within(t))
	if c.refused != "" || c.fails != "" {
		_, err := ask(within(t), w.whole, "explain "+c.sql, c.args...)
		require.NoError(t, err, "the case itself is wrong: it is no statement of this dialect")
		_, err = w.troupe.Exec(ctx, c.sql, c.args...)
		if c.fails != "" {
			require.ErrorIs(t, err, c.fails)
		} else {
			require.ErrorIs(t, err, messages.ErrRefused)
			troupetest.AssertRefused(t, err, c.refused)
		}
		assert.Empty(t, touched.Calls(), "nothing may be sent")
		w.mustAgree(t)
		return
	}
	if c.returned != nil {
		whole, err := ask(within(t), w.whole, c.sql, c.args...)
		require.NoError(t, err, "the one database")
		require.Equal(t, sorted(c.returned), sorted(whole.rows), "the case itself is wrong: the one database says otherwise")
		got, err := ask(ctx, w.troupe, c.sql, c.args...)
		require.NoError(t, err)
		assert.Equal(t, sorted(c.returned), sorted(got.rows))
	} else {
		whole, err := w.whole.Exec(within(t), c.sql, c.args...)
		require.NoError(t, err, "the one database")
		require.Equal(t, c.count, whole.RowsAffected(), "the case itself is wrong: the one database says otherwise")
		tag, err := w.troupe.Exec(ctx, c.sql, c.args...)
		require.NoError(t, err)
		assert.Equal(t, c.count, tag.RowsAffected())
		assert.Equal(t, whole.String(), tag.String(), "the command tag")
	}
	assertTouched(t, touched, c.touch)
	w.mustAgree(t)
}

// mustAgree checks that the shards have together what the one database has, each row where its key lives.
func (w *world) mustAgree(t *testing.T) {
	t.Helper()
	for i := range tables {
		table := &tables[i]
		if table.name == strangers.name {
			continue
		}
		whole, err := ask(within(t), w.whole, "select * from "+table.name)
		require.NoError(t, err)
		var together []string
		for _, id := range shards {
			there := w.rowsOn(t, id, table)
			if table.home == nil {
				assert.Equal(t, sorted(whole.rows), sorted(there), "%s on %s", table.name, id)
			}
			together = append(together, there...)
		}
		if table.home != nil {
			assert.Equal(t, sorted(whole.rows), sorted(together), table.name)
		}
	}
	w.mustBeAtHome(t)
}

// mustBeAtHome checks that every row is where its key lives.
func (w *world) mustBeAtHome(t *testing.T) {
	t.Helper()
	for i := range tables {
		table := &tables[i]
		if table.home == nil || table.name == strangers.name {
			continue
		}
		for _, id := range shards {
			for _, row := range w.rowsOn(t, id, table) {
				assert.Equal(t, table.home(table.keyOf(t, row)), id, "%s: the row %q is on the wrong shard", table.name, row)
			}
		}
	}
}

// rowsOn returns the rows of a table that a shard has.
func (w *world) rowsOn(t *testing.T, id messages.ShardID, table *table) []string {
	t.Helper()
	there, err := ask(coordinator.OnShard(within(t), id), w.troupe, "select * from "+table.name)
	require.NoError(t, err)
	return there.rows
}

// keyOf returns the key of a row that was written by [line].
func (t *table) keyOf(tt *testing.T, row string) any {
	tt.Helper()
	first, _, _ := strings.Cut(row, " ")
	if strings.HasPrefix(t.columns, "k bigint") {
		var key int64
		_, err := fmt.Sscan(first, &key)
		require.NoError(tt, err, row)
		return key
	}
	return first
}
