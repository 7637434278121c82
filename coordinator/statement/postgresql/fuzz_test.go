package postgresql_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"select id, name from users where id = $1", "insert into t (a) values ($1, default) on conflict (a) do update set b = 1",
		"with recursive a as (select 1 union all select 2 from a) search depth first by a set b delete from t using a where t.a[1:2].b = any ($1)",
		"select ((select 1) union select 2), ((select 1) + 2) from ((a natural join b)) as j, rows from (f(1) as (a int)) limit 1 for update",
		"select e'\\u00e9' 'a'\n'b', U&\"d!0061\" uescape '!', $a$b$a$, B'1', 0x1F, 1.5e3, /* /* */ */ a operator(s.+) -b::int[]",
		"create rule r as on insert to t do (delete from t; select 1)", "values (1), (2) order by 1 using < nulls first",
		"select case a when b then c end, a between b and c, a is not distinct from b, x like y escape z, (a, b) overlaps (c, d)",
		"select sum(a) filter (where b) over (partition by c order by d rows between 1 preceding and current row exclude ties)",
		"select xmltable.* from xmltable('a' passing b columns c int), json_table(a, '$' columns (b int path '$'))",
		"create function f() returns int begin atomic select case when a then b end; end", "select 1; select 2", "((((", "select 1+-+-+-2",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := postgresql.Parse(text)
		if err != nil {
			var e *tree.Error
			require.True(t, errors.As(err, &e))
			require.True(t, 0 <= e.Offset && e.Offset <= len(text), "%+v", e)
			return
		}
		require.Empty(t, structure(s), text)
		again, err := postgresql.Parse(s.Body.Of(text))
		require.NoError(t, err, text)
		if s.Root != nil {
			require.Equal(t, shape(s.Root), shape(again.Root))
		}
	})
}
