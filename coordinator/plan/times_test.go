package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/messages"
)

func TestTimesAreMergedAsTheyAreStored(t *testing.T) {
	times := (*plan.Times)(nil).With([]plan.TimeColumn{{Table: "users", Column: "age"}, {Table: "orders", Column: "total"}, {Table: "notes"}})
	for _, c := range []struct {
		sql, text string // text is empty if it stays
		order     []int
		twins     []merge.Twin
	}{
		{sql: "SELECT name, id FROM users ORDER BY name, id", order: []int{0, 1}},
		{sql: "SELECT name, age FROM users ORDER BY age", text: "SELECT name, age, +age AS troupe_1 FROM users ORDER BY age", order: []int{-1}},
		{sql: "SELECT name FROM users ORDER BY age, name", text: "SELECT name, +age AS troupe_1 FROM users ORDER BY age, name", order: []int{-1, 0}},
		{sql: "SELECT age AS a FROM users ORDER BY a DESC", text: "SELECT age AS a, +age AS troupe_1 FROM users ORDER BY a DESC", order: []int{-1}},
		{sql: "SELECT (age), id FROM users ORDER BY 1, users.age", text: "SELECT (age), id, +age AS troupe_1 FROM users ORDER BY 1, users.age", order: []int{-1, -1}},
		{sql: "SELECT * FROM users ORDER BY age", text: "SELECT *, +age AS troupe_1 FROM users ORDER BY age", order: []int{-1}},
		{sql: "SELECT age, * FROM users ORDER BY age, name", text: "SELECT age, *, +age AS troupe_1, name AS troupe_2 FROM users ORDER BY age, name", order: []int{-2, -1}},
		{sql: "SELECT name FROM users ORDER BY age COLLATE NOCASE", text: "SELECT name, age COLLATE NOCASE AS troupe_1 FROM users ORDER BY age COLLATE NOCASE", order: []int{-1}},
		{sql: "SELECT age FROM users ORDER BY age COLLATE NOCASE", text: "SELECT age, +age AS troupe_1 FROM users ORDER BY age COLLATE NOCASE", order: []int{-1}},
		{sql: "SELECT age COLLATE NOCASE AS a FROM users ORDER BY a", order: []int{0}},
		{sql: "SELECT name FROM users ORDER BY +age", text: "SELECT name, +age AS troupe_1 FROM users ORDER BY +age", order: []int{-1}},
		{sql: "SELECT name FROM users ORDER BY date(age)", text: "SELECT name, date(age) AS troupe_1 FROM users ORDER BY date(age)", order: []int{-1}},
		// A view's columns may be any table's, and so may those of a subquery.
		{sql: "SELECT body FROM notes ORDER BY body", text: "SELECT body, +body AS troupe_1 FROM notes ORDER BY body", order: []int{-1}},
		{
			sql:   "SELECT d.x FROM (SELECT max(age, 1) AS x FROM users) AS d ORDER BY d.x",
			text:  "SELECT d.x, +d.x AS troupe_1 FROM (SELECT max(age, 1) AS x FROM users) AS d ORDER BY d.x",
			order: []int{-1},
		},
		{
			sql: "SELECT DISTINCT city, age FROM users", text: "SELECT DISTINCT city, age, +age AS troupe_1 FROM users",
			twins: []merge.Twin{{Column: 1, Stored: -1}},
		},
		{
			sql: "SELECT DISTINCT age, city FROM users ORDER BY city, age", text: "SELECT DISTINCT age, city, +age AS troupe_1 FROM users ORDER BY city, age",
			order: []int{1, -1}, twins: []merge.Twin{{Column: 0, Stored: -1}},
		},
		{
			sql:  "SELECT DISTINCT u.age, o.total, u.age FROM users u JOIN orders o ON o.user_id = u.id ORDER BY 2",
			text: "SELECT DISTINCT u.age, o.total, u.age, +o.total AS troupe_1, +u.age AS troupe_2 FROM users u JOIN orders o ON o.user_id = u.id ORDER BY 2",
			// The order was planned first.
			order: []int{-2}, twins: []merge.Twin{{Column: 0, Stored: -1}, {Column: 1, Stored: -2}, {Column: 2, Stored: -1}},
		},
		{sql: "SELECT DISTINCT id, age FROM users", text: ""}, // the key tells them apart
	} {
		p, err := plan.Build(lite, c.sql, catalogue, plan.Options{Times: times})
		require.NoError(t, err)
		require.Nil(t, p.Refusal, c.sql)
		if c.text == "" {
			c.text = c.sql
		}
		require.Equal(t, c.text, p.Gather.Text)
		var order []int
		var twins []merge.Twin
		if m := p.Gather.Merge; m != nil {
			twins = m.Twins
			for _, k := range m.Order {
				order = append(order, k.Column)
			}
		}
		require.Equal(t, c.order, order, c.sql)
		require.Equal(t, c.twins, twins, c.sql)
	}
}

// TestGroupsOfTimes: the shards group by what is stored, and the group shows the column itself.
func TestGroupsOfTimes(t *testing.T) {
	times := (*plan.Times)(nil).With([]plan.TimeColumn{{Table: "users", Column: "age"}})
	p, err := plan.Build(lite, "SELECT city, age, count(DISTINCT age), max(age) FROM users GROUP BY age, city ORDER BY age", catalogue, plan.Options{Times: times})
	require.NoError(t, err)
	require.Nil(t, p.Refusal)
	require.Equal(t, "SELECT age, +age, city, max(age) FROM users GROUP BY 1, 2, 3", p.Gather.Text)
	g := p.Gather.Merge.Group
	require.Equal(t, []merge.Key{{Column: 1}, {Column: 2}}, g.Keys)
	shown := g.Outputs[1].X.(merge.AggregateRef)
	require.Equal(t, merge.Aggregate{Func: merge.Any, Column: 0}, g.Aggregates[shown.Index])
	require.Equal(t, merge.KeyRef{Index: 0}, g.Order[0].X)
}

func TestAsksTimes(t *testing.T) {
	for sql, want := range map[string]bool{
		"SELECT * FROM users": false, "SELECT * FROM users WHERE age > 1 LIMIT 3": false, "SELECT count(*), max(age) FROM users": false,
		"SELECT name FROM users ORDER BY lower(name)": false, "SELECT id, age FROM users GROUP BY id, age": false, "UPDATE users SET age = 1": false,
		"SELECT * FROM users ORDER BY age": true, "SELECT DISTINCT name FROM users": true, "SELECT name FROM users GROUP BY name": true,
		"SELECT count(DISTINCT age) FROM users": true,
	} {
		p, err := plan.Build(lite, sql, catalogue, plan.Options{})
		require.NoError(t, err)
		require.Equal(t, want, p.AsksTimes, sql)
		p, err = plan.Build(messages.PostgreSQL, sql, catalogue, plan.Options{})
		require.NoError(t, err)
		require.False(t, p.AsksTimes, sql)
	}
}

// TestTimesStayThemselves while nothing is added, for plans are known by them.
func TestTimesStayThemselves(t *testing.T) {
	a, b := plan.TimeColumn{Table: "t", Column: "a"}, plan.TimeColumn{Table: "t", Column: "b"}
	var none *plan.Times
	require.Nil(t, none.With(nil))
	one := none.With([]plan.TimeColumn{a, a})
	require.Same(t, one, one.With([]plan.TimeColumn{a}))
	both := one.With([]plan.TimeColumn{b})
	require.NotSame(t, one, both)
	require.Same(t, both, both.With([]plan.TimeColumn{a, b}))
	require.NotSame(t, one, one.With([]plan.TimeColumn{b}), "it hasn't changed")
}
