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

func fuzzAnalyse(f *testing.F, d messages.Dialect) {
	for _, seed := range append(fuzzSeeds, scattered...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := statement.Read(d, text)
		if err != nil {
			return
		}
		for _, c := range []*statement.Catalogue{nil, shop} {
			a := statement.Analyse(s, c)
			clauseOf(t, text, a.Scatter)
			clauseOf(t, text, a.Everywhere)
			keysOf(a, 1, "x")
			found, err := a.Comparisons([]any{1, "x"})
			if err != nil {
				t.Fatal(err)
			}
			statement.Conjuncts(found, "k")
			if a.Scatter == nil && len(a.Occurrences) == 0 && a.ChangesReference == "" {
				t.Fatal("every shard would answer it")
			}
		}
	})
}

func FuzzAnalyseSQLite(f *testing.F)     { fuzzAnalyse(f, messages.SQLite) }
func FuzzAnalysePostgreSQL(f *testing.F) { fuzzAnalyse(f, messages.PostgreSQL) }
