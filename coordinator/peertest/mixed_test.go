package peertest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/troupetest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// mixedQuestions are for shards of both dialects: there is no one database, so a statement has to mean the same in both.
var mixedQuestions = []question{
	{name: "one shard of SQLite", sql: "select id, name from people where k = 2 order by id", want: []string{"21 cid", "22 dee"}, touch: "s2"},
	{name: "one shard of PostgreSQL", sql: "select id, name from people where k = 3 order by id", want: []string{"31 ann", "32 eve"}, touch: "s3"},
	{name: "order", sql: "select id, name from people order by name, id desc", want: []string{"12 Bob", "41 Zoë", "42 ann", "31 ann", "11 ann", "21 cid", "22 dee", "32 eve", "51 gus", "61 éva"}, touch: "all"},
	{name: "order and limit", sql: "select id from people order by id desc limit 3 offset 1", want: []string{"51", "42", "41"}, touch: "all"},
	{name: "NULLS FIRST", sql: "select age, id from people where k in (2, 3) order by age nulls first, id", want: []string{"NULL 21", "25 22", "30 31", "52 32"}, touch: "s2 s3"},
	{name: "NULLS LAST", sql: "select age, id from people where k in (2, 3) order by age desc nulls last, id", want: []string{"52 32", "30 31", "25 22", "NULL 21"}, touch: "s2 s3"},
	{name: "union of keys", sql: "select name from people where k = 1 union select name from people where k = 4", want: []string{"ann", "Bob", "Zoë"}, touch: "s1 s4"},
	{name: "OR with another column", sql: "select id from people where k = 1 or name = 'eve' order by id", want: []string{"11", "12", "32"}, touch: "all"},
	{name: "count", sql: "select count(*) as n from people where not (k = 1)", want: []string{"8"}, touch: "all"},
	{name: "min and max", sql: "select min(id) as first, max(name) as last, count(age) as n from people", want: []string{"11 éva 8"}, touch: "all"},
	{name: "groups", sql: "select city as town, count(*) as n from people where city is not null group by city order by city", want: []string{"Bern 1", "Oslo 3", "Paris 1", "Rome 3"}, touch: "all"},
	{name: "distinct", sql: "select distinct city from people where city is not null", want: []string{"Bern", "Oslo", "Paris", "Rome"}, touch: "all"},
	{name: "a join by the key", sql: "select p.id, o.no from people p join orders o on o.k = p.k where o.kind = 'cup' order by p.id", want: []string{"31 302", "32 302", "61 601"}, touch: "all"},
	{name: "an operator that differs", sql: "select id from people where k in (1, 3) and age / 10 = 3.0 order by id", want: []string{"11", "31"}, touch: "s1 s3"},
	{name: "a function of one only", sql: "select id from people where ifnull(age, 0) = 0", refused: statement.UnknownFunction},
	{name: "except", sql: "select k from people except select k from orders", refused: statement.SetOperation},
	{name: "group_concat", sql: "select group_concat(name) from people", refused: plan.Aggregate},
}

// TestMixedDialects: half of the shards are SQLite, half PostgreSQL.
func TestMixedDialects(t *testing.T) {
	config := quiet()
	config.Tables = declarations()
	for i, id := range shards {
		config.Shards = append(config.Shards, shardworker.Shard{ID: id, DSN: database(t, dialects[i/2], string(id))})
	}
	troupe := spawn(t, config)
	for i := range tables {
		for _, id := range shards {
			// SQLite has one width of integers, so PostgreSQL's columns must have it too.
			exec(t, troupe, id, strings.ReplaceAll(tables[i].create(), "integer", "bigint"))
			exec(t, troupe, id, tables[i].fill(id))
		}
	}
	for _, q := range mixedQuestions {
		t.Run(q.name, func(t *testing.T) {
			skipKnown(t, q.finding)
			ctx, touched := coordinator.WatchTouched(within(t))
			got, err := ask(ctx, troupe, q.sql, q.args...)
			if q.refused != "" {
				require.ErrorIs(t, err, messages.ErrRefused)
				troupetest.AssertRefused(t, err, q.refused)
				assert.Empty(t, touched.Calls(), "nothing may be sent")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, q.order(q.want), q.order(got.rows))
			assertTouched(t, touched, q.touch)
		})
	}
}
