package grammar_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	pgquery "github.com/wasilibs/go-pgquery"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// keywords returns PostgreSQL's keywords, as far as the corpus has them.
func keywords(t *testing.T) []string {
	t.Helper()
	words := map[string]bool{}
	word := regexp.MustCompile(`[A-Za-z_]+`)
	for _, s := range corpus(t) {
		for _, w := range word.FindAllString(s.text, -1) {
			words[strings.ToLower(w)] = true
		}
	}
	text := strings.Join(slices.Sorted(maps.Keys(words)), " ")
	realGrammar.Lock()
	defer realGrammar.Unlock()
	result, err := pgquery.Scan(text)
	require.NoError(t, err)
	var found []string
	for _, token := range result.Tokens {
		if token.KeywordKind != pg.KeywordKind_NO_KEYWORD {
			found = append(found, text[token.Start:token.End])
		}
	}
	return found
}

// places are where a keyword may be a name, or mean something.
var places = []string{
	"select w from t", "select w", "select a.w", "select a w from t", "select a as w from t", "select w(1)", "select w(a, b)", "select w()",
	"select x.w(1)", "select w.a", "select w.*", "select 1::w", "select cast(a as w)", "select a::x.w", "select w '1'", "select w(1) '1'",
	"select * from w", "select * from x.w", "select * from w.x", "select * from t w", "select * from t as w", "select * from t w (a)",
	"select * from t w where a", "select * from t w join u on true", "select * from t as x (w)", "select * from (select 1) w",
	"select * from w(1)", "select * from f(1) as (w int)", "select * from w where w = 1 order by w",
	"select * from a join b using (w)", "select * from a join b using (c) as w", "with w as (select 1) select 1", "with x (w) as (select 1) table x",
	"insert into w values (1)", "insert into t (w) values (1)", "insert into t as w values (1)", "insert into t values (w)",
	"insert into t values (1) on conflict on constraint w do nothing", "insert into t values (1) on conflict (w) do nothing",
	"update w set a = 1", "update t w set a = 1", "update t set w = 1", "update t set a.w = w", "delete from w", "delete from t w", "delete from t w where a",
	"select a w b", "select w a", "select a collate w", "select a + w", "select - w", "select a order by w", "select a from t group by w",
	"select sum(a) over w from t window w as ()", "select sum(a) over (w) from t window w as ()", "select sum(a) over (w order by b)",
	"select a w (1)", "table w", "select (a).w", "select extract(w from a)", "select f(w => 1)", "select f(w := 1)", "select f(w a)", "select (w)", "select a[w]",
	"select case w when w then w else w end", "select a is w", "select a is not w", "select not w", "select a limit w", "select a offset w",
	"select a for w", "select w a b", "select w from w w", "values (w)", "select a, w", "select array[w]", "select row(w)", "select a is distinct from w",
	"select a between w and b", "select 1 from t where current_date w", "select all w", "select distinct w", "select 1 w", "select 1 as a w from t",
}

// Where a keyword may stand, and what it is there, is the same for us as for the real grammar.
func TestKeywords(t *testing.T) {
	words := keywords(t)
	require.Greater(t, len(words), 300)
	name := regexp.MustCompile(`\bw\b`)
	refused, over := map[string][]string{}, map[string][]string{}
	valid, invalid := 0, 0
	for i, place := range places {
		for j, word := range words {
			if !long && (i+j)%5 != 0 {
				continue
			}
			text := name.ReplaceAllString(place, word)
			ok, detail := checkOne(t, text)
			ours, err := parse(text)
			switch {
			case !ok:
				invalid++
				if err == nil && ours.Kind != tree.Other {
					over[place] = append(over[place], word)
				}
			case detail != "":
				refused[place] = append(refused[place], word)
			default:
				valid++
			}
		}
	}
	n, m := 0, 0
	for _, place := range byCount(refused) {
		n += len(refused[place])
		t.Logf("%4d refused: %s: %v", len(refused[place]), place, refused[place])
	}
	for _, place := range byCount(over) {
		m += len(over[place])
		t.Logf("%4d accepted that are invalid: %s: %v", len(over[place]), place, over[place])
	}
	t.Logf("%d words: %d valid texts read, %d refused; %d of %d invalid ones accepted", len(words), valid, n, m, invalid)
	assert.Less(t, float64(n), 0.01*float64(valid))
	assert.Less(t, float64(m), 0.02*float64(invalid))
}
