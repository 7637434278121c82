package statement_test

import (
	"strings"
	"testing"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

var fuzzSeeds = []string{
	"", ";", "select", "select * from t where k = $1 and a in (1, ?2) order by k limit 1",
	"select 1" + strings.Repeat("+1", 4096), strings.Repeat("(", 4096), strings.Repeat("not ", 2048),
	"update t set (a, b) = (1, 2) from u where k between 1 and 2 returning *", "delete from t where not (k = 'x' or :n < k)",
	"with x as (select 1) select * from (x join y on x.k = 1) where exists (select 1) union values (1)",
	"insert into t values (1) on conflict (a) where k = 1 do update set b = 2", "select e'\\'', $$x$$, $a$ $$ $a$, U&\"x\" from t",
	"/* /* */ */ select 'a'\n'b' -- c", "create function f() begin atomic select 1; end", "$", "'", "\"", "$a$", "e'", "1.e", ".", "x'",
}

func fuzzParse(f *testing.F, d messages.Dialect) {
	for _, seed := range fuzzSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := statement.Parse(d, text)
		if err != nil {
			return
		}
		refusal(t, text, s.Scatter())
		refusal(t, text, s.ScatterEverywhere())
		found, _ := s.Comparisons([]any{1, "x"})
		statement.Conjuncts(found, "k")
	})
}

func FuzzParseSQLite(f *testing.F)     { fuzzParse(f, messages.SQLite) }
func FuzzParsePostgreSQL(f *testing.F) { fuzzParse(f, messages.PostgreSQL) }
