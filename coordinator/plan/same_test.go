package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/messages"
)

func TestSame(t *testing.T) {
	for sql, same := range map[string]bool{
		"SELECT * FROM users ORDER BY name LIMIT $1 OFFSET 3":                              true,
		"SELECT name FROM users":                                                           true,
		`SELECT "name" FROM users u WHERE (u.age) = $1 AND city <> 'x'`:                    true,
		"SELECT city, count(*), avg(age) FROM users GROUP BY city ORDER BY 2 DESC LIMIT 3": true,
		"INSERT INTO users (id, name) VALUES ($1, $2), (3, 'x')":                           true,
		"UPDATE users SET age = 1":                                                         true,
		"SELECT count(*) FROM users":                                                       true,
		"SELECT name AS age, age + 1 FROM users ORDER BY age, -age":                        true,
		"SELECT x'41' FROM users":                                                          false,
		"SELECT body AS score FROM notes GROUP BY score":                                   false,
		"SELECT bool_or(age > 1) FROM users":                                               false,
		`SELECT body FROM notes ORDER BY body COLLATE "C"`:                                 false,
		"SELECT name FROM users WHERE age = true":                                          false,
	} {
		var plans []*plan.Plan
		for _, d := range both {
			p, err := plan.Build(d, sql, catalogue, plan.Options{ExplicitNulls: true})
			require.NoError(t, err, sql)
			plans = append(plans, p)
		}
		err := plan.Same(plans[0], plans[1])
		if same {
			require.NoError(t, err, sql)
		} else {
			require.ErrorIs(t, err, messages.ErrRefused, sql)
		}
		require.Equal(t, same, plan.Same(plans[1], plans[0]) == nil, sql)
	}
}

func TestDescribe(t *testing.T) {
	d := build(t, pg, "SELECT name FROM users ORDER BY age DESC LIMIT $1 OFFSET 2").Describe()
	require.Equal(t, plan.Description{
		Text:   "SELECT name, age AS troupe_1 FROM users ORDER BY age DESC LIMIT $1",
		Args:   []string{"limit + offset"},
		Hidden: []string{"age"},
		Steps: []plan.Step{
			{Kind: "order", Detail: "the shards' sorted rows are merged by column 1 from the right descending"},
			{Kind: "cut", Detail: "2 rows are skipped, at most argument 1 rows are kept"},
		},
		Lookups: []string{"sort key 1"},
	}, d)

	d = build(t, lite, "SELECT city, avg(age) FROM users GROUP BY city HAVING count(*) > 1 ORDER BY city").Describe()
	require.Equal(t, "SELECT city, sum(age), count(age), count(*) FROM users GROUP BY 1", d.Text)
	require.Equal(t, []plan.Step{
		{Kind: "group", Detail: "the shards' partial rows are combined to groups of equal column 1: column 2 divided by column 3, the sum of counts of column 4"},
		{Kind: "having", Detail: "groups that don't satisfy HAVING are dropped"},
		{Kind: "order", Detail: "the groups are sorted by 1 keys"},
	}, d.Steps)
	require.Equal(t, []string{"group key 1 (users.city)", "sort key 1 (users.city)"}, d.Lookups)

	d = build(t, pg, "SELECT rank() OVER (ORDER BY age) FROM users").Describe()
	require.Equal(t, "window", d.Refused)
	require.Contains(t, d.Reason, "OVER at byte 19")
	d = build(t, pg, "INSERT INTO users (id) VALUES (1), (2) RETURNING id").Describe()
	require.Equal(t, 2, d.Rows)
	require.Len(t, d.Steps, 2)
	d = build(t, pg, "SELECT name FROM users").Describe()
	require.Equal(t, "concatenate", d.Steps[0].Kind)
	require.Equal(t, "SELECT name FROM users", d.Text)
}
