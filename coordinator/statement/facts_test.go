package statement_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

func blockOf(t testing.TB, s *tree.Statement) *tree.Block {
	t.Helper()
	b, ok := s.Root.(*tree.Query).Body.(*tree.Block)
	require.True(t, ok)
	return b
}

func TestKeyed(t *testing.T) {
	for sql, want := range map[string]bool{
		"select 1 from users group by k":                                                 true,
		"select 1 from users group by x, (users.k)":                                      true,
		"select 1 from users group by x":                                                 false,
		"select 1 from users group by k + 0":                                             false,
		"select 1 from users group by 1":                                                 false,
		"select 1 from unknown group by k":                                               false,
		"select 1 from colors group by id":                                               false,
		"select 1 from pairs group by k":                                                 false,
		"select 1 from pairs group by l, k":                                              true,
		"select 1 from pairs a join duos b on a.k = b.k and a.l = b.l group by a.k, b.l": true,
		"select 1 from users a join orders b on a.k = b.k group by b.k":                  true,
		"select 1 from users a join orders b on a.k = b.k group by b.id":                 false,
		// The NULL group of a null-extended table isn't complete on one shard.
		"select 1 from users a left join orders b on a.k = b.k group by b.k":                             false,
		"select 1 from users a left join orders b on a.k = b.k group by a.k":                             true,
		"select 1 from users a full join orders b on a.k = b.k group by a.k":                             false,
		"select 1 from users a left join orders b on a.k = b.k where a.k = b.k group by b.k":             true,
		"select 1 from users a left join (orders b join items c on b.k = c.k) on a.k = b.k group by c.k": false,
		"select 1 from (select k as q from users) d group by q":                                          true,
		"select 1 from (select x as k from users) d group by k":                                          false,
		"with c as (select * from users) select 1 from c group by c.k":                                   true,
		"select 1 from users a, colors c group by a.k":                                                   true,
		"select 1 from (select k from users union all select k from orders) d group by k":                true,
	} {
		for _, d := range bothDialects {
			a := analyse(t, d, sql)
			b := blockOf(t, a.Tree)
			require.Equal(t, want, a.Keyed(b, b.GroupBy), "%s: %s", d, sql)
		}
	}
	for sql, want := range map[string]bool{
		"select distinct * from users": true, "select distinct x, u.* from users u": true, "select distinct x from users": false,
		"select distinct o.* from users u left join orders o on u.k = o.k": false, "select distinct c.* from users u, colors c": false,
	} {
		a := analyse(t, messages.PostgreSQL, sql)
		b := blockOf(t, a.Tree)
		var list []tree.Expr
		for _, target := range b.Targets {
			list = append(list, target.X)
		}
		require.Equal(t, want, a.Keyed(b, list), sql)
	}
	a := analyse(t, messages.SQLite, "select 1 from users group by k")
	require.False(t, a.Keyed(&tree.Block{}, blockOf(t, a.Tree).GroupBy))
}

func TestColumnOf(t *testing.T) {
	for sql, want := range map[string]string{
		"select u.x from users u":                                 "users.x",
		"select x from unknown":                                   "unknown.x",
		"select id from users, items":                             "",
		"select users.x from users, orders":                       "users.x",
		"select y from (select x as y from users) d":              "users.x",
		"select d.y from (select x + 1 as y from users) d":        "",
		"with c as (select n from names) select n from c":         "names.n",
		"with c (a) as (select n from names) select a from c":     "names.n",
		"select x + 1 from users":                                 "",
		"select k from users join orders using (k)":               "users.k",
		"select c.k from users a left join orders c on a.k = c.k": "orders.k",
		"select id from colors, unknown":                          "",
	} {
		for _, d := range bothDialects {
			a := analyse(t, d, sql)
			b := blockOf(t, a.Tree)
			table, column, ok := a.ColumnOf(b, b.Targets[0].X)
			require.Equal(t, want != "", ok, "%s: %s", d, sql)
			if ok {
				require.Equal(t, want, table+"."+column, "%s: %s", d, sql)
			}
		}
	}
}

func TestAggregate(t *testing.T) {
	for call, want := range map[string]map[messages.Dialect]bool{
		"count(*)":                      {messages.PostgreSQL: true, messages.SQLite: true},
		"sum(distinct x)":               {messages.PostgreSQL: true, messages.SQLite: true},
		"max(x)":                        {messages.PostgreSQL: true, messages.SQLite: true},
		"max(x, id)":                    {messages.PostgreSQL: true, messages.SQLite: false},
		"sum(x) over ()":                {messages.PostgreSQL: false, messages.SQLite: false},
		"row_number() over ()":          {messages.PostgreSQL: false, messages.SQLite: false},
		"lower(x)":                      {messages.PostgreSQL: false, messages.SQLite: false},
		"group_concat(x)":               {messages.PostgreSQL: false, messages.SQLite: true},
		"my_aggregate(distinct x)":      {messages.PostgreSQL: true, messages.SQLite: true},
		"count(x) filter (where x > 1)": {messages.PostgreSQL: true, messages.SQLite: true},
		"regr_slope(x, id)":             {messages.PostgreSQL: true, messages.SQLite: false},
	} {
		for d, aggregate := range want {
			a := analyse(t, d, "select "+call+" from users")
			c, ok := blockOf(t, a.Tree).Targets[0].X.(*tree.Call)
			require.True(t, ok, call)
			require.Equal(t, aggregate, a.Aggregate(c), "%s: %s", d, call)
		}
	}
	a := analyse(t, messages.PostgreSQL, "select rank(1) within group (order by x), pg_catalog.count(x), other.count(x) from users")
	for i, want := range []bool{true, true, false} {
		require.Equal(t, want, a.Aggregate(blockOf(t, a.Tree).Targets[i].X.(*tree.Call)))
	}
}

func TestSharded(t *testing.T) {
	for sql, want := range map[string]bool{
		"select (select max(x) from orders o where o.k = u.k) from users u": true, "select (select max(x) from colors) from users": false,
		"select 1 from users": false, "with c as (select * from users) select (select 1 from c) from users": true,
		"with c as (select * from colors) select (select 1 from c) from users": false,
	} {
		for _, d := range bothDialects {
			a := analyse(t, d, sql)
			require.Equal(t, want, a.Sharded(blockOf(t, a.Tree).Targets[0]), sql)
			require.True(t, a.Sharded(a.Tree.Root))
		}
	}
}

// An analysis is read by many calls at once.
func TestAnalysisIsReadConcurrently(t *testing.T) {
	a := analyse(t, messages.PostgreSQL, "select distinct a.k from users a join orders b on a.k = b.k where a.k = $1 group by a.k")
	b := blockOf(t, a.Tree)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				require.True(t, a.Keyed(b, b.GroupBy))
				require.Equal(t, "users {1}; orders {1}", keysOf(a, 1))
				_, _, ok := a.ColumnOf(b, b.Targets[0].X)
				require.True(t, ok)
				found, err := a.Comparisons([]any{1})
				require.NoError(t, err)
				require.Len(t, found, 1)
			}
		})
	}
	wg.Wait()
}

func BenchmarkAnalyse(b *testing.B) {
	for name, sql := range map[string]string{
		"point":  "select id, name, description from users where k = $1",
		"join":   "select a.id, b.id from users a join orders b on a.k = b.k where a.k = $1 and b.x > 3 order by b.id limit 10",
		"exists": "select * from users a where x = 1 and exists (select 1 from orders b where b.k = a.k and b.x = 2)",
	} {
		s := read(b, messages.PostgreSQL, sql)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if a := statement.Analyse(s, shop); a.Scatter != nil || len(a.Occurrences) == 0 {
					b.Fatal(a.Scatter)
				}
			}
		})
	}
}
