package peertest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/troupetest"
)

// block is a row of the matrix whose key stands in another block of the statement than the rows that are wanted.
type block struct {
	sql string // as in predicate; {t} stands for the table
	// want computes the rows, as ids; nil if the statement is refused.
	want    func(items []item) []int64
	reach   reach
	refused statement.Code
}

// ids returns the ids of the items that satisfy holds.
func ids(holds func(item) bool) func([]item) []int64 {
	return func(items []item) []int64 {
		var found []int64
		for _, i := range items {
			if holds(i) {
				found = append(found, i.id)
			}
		}
		return found
	}
}

func keyIn(keys ...int64) func(item) bool {
	return func(i item) bool {
		for _, k := range keys {
			if i.k == k {
				return true
			}
		}
		return false
	}
}

// twice is for UNION ALL over the same rows.
func twice(rows func([]item) []int64) func([]item) []int64 {
	return func(items []item) []int64 { return append(rows(items), rows(items)...) }
}

// blocks are the rows of the matrix that need more than a WHERE: "the key only inside a subquery, EXISTS or CTE", "k = 1 UNION
// k = 2".
var blocks = []block{
	{sql: "select id from {t} o where exists (select 1 from {t} i where i.k = o.k and i.k = {1})", want: ids(keyIn(1)), reach: every},
	{sql: "select id from {t} o where exists (select 1 from {t} i where i.k = o.k and i.name = {'x'})", want: ids(keyIn(3, 6, -7)), reach: every},
	{sql: "select id from {t} o where o.k = {1} and exists (select 1 from {t} i where i.k = o.k and i.name is null)", want: ids(keyIn(1)), reach: at(1)},
	{sql: "select id from {t} o where o.k = {1} and exists (select 1 from {t} i where i.k = {3})", refused: statement.UnboundTable},
	{sql: "select id from {t} o where exists (select 1 from {t} i where o.k = {1})", refused: statement.UnboundTable},
	{sql: "select id from {t} o where not exists (select 1 from {t} i where i.k = o.k and i.k = {1})", want: ids(func(i item) bool { return i.k != 1 }), reach: every},
	{sql: "select id from {t} where id in (select id from {t} where k = {1})", refused: statement.UnboundTable},
	{sql: "select id from {t} where k in (select k from {t} where k = {1})", want: ids(keyIn(1)), reach: every},
	{sql: "select id from {t} where k in (select k from {t} where name = {'y'})", want: ids(keyIn(1, 4, 7, 0)), reach: every},
	{sql: "select id from {t} where k = {1} and id in (select id from {t} where k = {1})", want: ids(keyIn(1)), reach: at(1)},
	{sql: "select id from {t} where k = {1} or id in (select id from {t} where k = {2})", refused: statement.UnboundTable},
	{sql: "select id from {t} where id = (select max(id) from {t} where k = {3})", refused: statement.UnboundTable},
	{sql: "select id from (select * from {t} where k = {3}) s", want: ids(keyIn(3)), reach: at(3)},
	{sql: "select id from (select * from {t} where k = {3}) s where s.k = {3}", want: ids(keyIn(3)), reach: at(3)},
	{sql: "select id from (select * from {t}) s where s.k = {3}", want: ids(keyIn(3)), reach: at(3)},
	{sql: "with c as (select * from {t} where k = {1}) select id from c", want: ids(keyIn(1)), reach: at(1)},
	{sql: "with c as (select k from {t} where k = {1}) select o.id from {t} o", want: ids(func(item) bool { return true }), reach: every},
	{sql: "with c as (select distinct k from {t} where name = {'x'}) select o.id from {t} o join c on c.k = o.k", want: ids(keyIn(3, 6, -7)), reach: every},
	{sql: "select id from {t} where k = {1} union select id from {t} where k = {2}", want: ids(keyIn(1, 2)), reach: at(1, 2)},
	{sql: "select id from {t} where k = {1} union all select id from {t} where k = {2}", want: ids(keyIn(1, 2)), reach: at(1, 2)},
	{sql: "select id from {t} where k = {1} union select id from {t} where k = {1}", want: ids(keyIn(1)), reach: at(1)},
	{sql: "select id from {t} where k = {1} union all select id from {t} where k = {1}", want: twice(ids(keyIn(1))), reach: at(1)},
	{sql: "select id from {t} where k = {2} union select id from {t}", want: ids(func(item) bool { return true }), reach: every},
	{sql: "select id from {t} where k = {1} union all select id from {t} where name = {'z'}", want: func(items []item) []int64 {
		return append(ids(keyIn(1))(items), ids(func(i item) bool { return i.name == "z" })(items)...)
	}, reach: every},
	{sql: "select a.id from {t} a join {t} b on a.k = b.k and a.id = b.id where b.k = {3}", want: ids(keyIn(3)), reach: at(3)},
	{sql: "select a.id from {t} a left join {t} b on a.k = b.k and a.id = b.id and a.k = {3}", want: ids(func(item) bool { return true }), reach: every},
	{sql: "select a.id from {t} a left join {t} b on a.k = b.k and a.id = b.id where b.k = {3}", want: ids(keyIn(3)), reach: every},
	{sql: "select max(id) from {t} group by k having k = {2}", want: func([]item) []int64 { return []int64{21} }, reach: every},
	{sql: "select max(id) from {t} where k = {2} or k = {7}", want: func([]item) []int64 { return []int64{71} }, reach: at(2, 7)},
}

// TestKeysOfOtherBlocks runs the rows of the matrix that have several blocks, over each route.
func TestKeysOfOtherBlocks(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			w := newWorld(t, dialect)
			for _, l := range layouts {
				for _, b := range blocks {
					t.Run(l.name+"/"+b.sql, func(t *testing.T) {
						for _, arguments := range []bool{false, true} {
							b.check(t, w, &l, arguments)
						}
					})
				}
			}
		})
	}
}

func (b *block) check(t *testing.T, w *world, l *layout, arguments bool) {
	sql, args := l.render(b.sql, arguments)
	whole, err := ask(within(t), w.whole, sql, args...)
	require.NoError(t, err, sql)
	ctx, touched := coordinator.WatchTouched(within(t))
	got, err := ask(ctx, w.troupe, sql, args...)
	if b.refused != "" {
		troupetest.AssertRefused(t, err, b.refused)
		assert.Empty(t, touched.Calls(), "nothing may be sent")
		return
	}
	var want []string
	for _, id := range b.want(l.items) {
		want = append(want, fmt.Sprint(id))
	}
	require.Equal(t, sorted(want), sorted(whole.rows), "the case itself is wrong: the one database says otherwise: %s", sql)
	require.NoError(t, err, sql)
	assert.Equal(t, sorted(want), sorted(got.rows), sql)
	assertTouched(t, touched, l.touch(b.reach))
}
