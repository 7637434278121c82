package sqlite_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

var (
	// refused are the messages of SQLite's grammar and tokenizer: nobody may accept such a text.
	refused = regexp.MustCompile(`(?s)^(near ".*": syntax error|unrecognized token: ".*|incomplete input)$`)
	// absent are the messages for names that an empty database doesn't have: the text is right as far as one can tell.
	absent = regexp.MustCompile(`(?s)^(no such |unknown database |unable to identify the object)`)
)

// What SQLite accepts is read, and what its grammar refuses isn't; what it refuses for another reason may be either. The
// tree of what is read has the right spans and the census' tables and blocks.
func TestVerdicts(t *testing.T) {
	e := newEngine(t)
	kinds, unread := map[tree.Kind]int{}, map[string]int{}
	texts := append(corpus(t), logicTests(t)...)
	for _, text := range texts {
		said := e.prepare(text)
		s, err := sqlite.Parse(text)
		if err != nil {
			var wrong *tree.Error
			require.ErrorAs(t, err, &wrong, text)
			require.True(t, 0 <= wrong.Offset && wrong.Offset <= len(text), text)
			if wrong.Unsupported {
				unread[wrong.Detail]++
			} else if !agree(text, wrong, said) {
				t.Errorf("%v, but SQLite says %q: %s", err, said.message, text)
			}
			continue
		}
		kinds[s.Kind]++
		if refused.MatchString(said.message) {
			t.Errorf("SQLite says %q: %s", said.message, text)
		}
		for _, problem := range structure(s) {
			t.Errorf("%s: %s", problem, text)
		}
		parametersAgree(t, s, said)
	}
	t.Log(len(texts), "statements:", kinds, unread)
	for kind, least := range map[tree.Kind]int{tree.Select: 10_000, tree.Insert: 5_000, tree.Update: 500, tree.Delete: 250, tree.Other: 5_000} {
		require.Greater(t, kinds[kind], least, kind)
	}
}

// agree reports whether SQLite may say that of a text which is wrong.
func agree(text string, wrong *tree.Error, said prepared) bool {
	switch {
	case said.message == "":
		return strings.Trim(text, "; \n") == "" // SQLite takes no statement for one
	case !absent.MatchString(said.message):
		return true
	case strings.HasPrefix(strings.ToUpper(strings.TrimSpace(text)), "CREATE "):
		return true // SQLite gives up at the first name that it doesn't find, and never sees the rest
	default:
		return strings.HasPrefix(wrong.Detail, "a NATURAL join") // SQLite looks for the tables first; see TestActions
	}
}

// What meyer's grammar takes and SQLite refuses for the tree that it would make of it, Parse refuses as well.
func TestActions(t *testing.T) {
	e := newEngine(t)
	for _, text := range []string{
		"select 1 limit 1 union select 2", "select 1 order by 1 except values (1)", "select 1 where 1 in (select 1 limit 1 union select 2)",
		"select 1 from a on 1", "select 1 from a using (x)", "select 1 from a, (b on 1)",
		"select 1 from a natural join b on 1", "select 1 from a natural join b using (x)",
		"select 1 from a left inner join b", "select 1 from a outer join b", "select 1 from a natural outer join b",
		"select 1 from a cross left join b", "select 1 from a left \"outer\" join b", "select 1 from a natural left [join] join b",
		"select 1 from (with c(x desc) as (select 1) select 1)", "select 1 from (with c(x collate y) as (select 1) select 1)",
		"update a set (x, y) = 1", "update a set (x, y) = (1, 2, 3)", "update a set (x, y) = max(1, 2)",
		"select ?0", "select ?32767", "select ?4294967297",
	} {
		sql := "with a(x) as (select 1), b(x) as (select 2) " + text
		if strings.HasPrefix(text, "update") {
			sql = text
		}
		said := e.prepare(sql).message
		require.NotEmpty(t, said, sql)
		require.NotRegexp(t, refused, said, sql)
		require.NotRegexp(t, absent, said, sql)
		require.False(t, parseError(t, sql).Unsupported, sql)
	}
}

func parametersAgree(t *testing.T, s *tree.Statement, said prepared) {
	t.Helper()
	if said.message != "" {
		return
	}
	highest, numbered := 0, false
	for _, p := range s.Params {
		text := p.Of(s.Text)
		highest = max(highest, p.Ordinal)
		numbered = numbered || p.Name == "" && text[0] != '?'
		if p.Name != "" {
			require.Equal(t, said.indices[text], p.Ordinal, s.Text)
		}
	}
	if !numbered {
		require.Equal(t, said.parameters, highest, s.Text)
	}
}

func parse(t testing.TB, text string) *tree.Statement {
	t.Helper()
	s, err := sqlite.Parse(text)
	require.NoError(t, err, text)
	require.Empty(t, structure(s), text)
	return s
}

func parseError(t testing.TB, text string) *tree.Error {
	t.Helper()
	s, err := sqlite.Parse(text)
	var wrong *tree.Error
	require.True(t, errors.As(err, &wrong), "%v: %s", s, text)
	require.Nil(t, s)
	return wrong
}
