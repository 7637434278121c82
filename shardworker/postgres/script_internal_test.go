package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStatementsOfAText(t *testing.T) {
	for sql, verbs := range map[string]string{
		"": "", " ; ;; -- a\n; /* b; */": "", "select 1": "select", "Select 1;": "select", "select 1; -- ;": "select",
		"begin; insert into t values (1); commit": "begin insert commit", "(select 1);commit": "select commit", ";;end": "end",
		`select 'it''s; a'; commit`: "select commit", `select ";", "a"";"; commit`: "select commit", `select '\'; commit --'`: "select commit",
		`select e'\'; commit; --'; end`: "select end", `select E'a\\'; commit`: "select commit", "select e'a''\\'; end'; commit": "select commit",
		"select e'a'\n '\\'; end'; commit": "select commit", "select e'a' -- b\n'\\'; end'; commit": "select commit", "select e'a' '\\'; end": "select end",
		"select $$;$$; commit": "select commit", "select $a$; $$ $b$ $a$; commit": "select commit", "select a$b$; commit": "select commit",
		"select $1; commit": "select commit", "select 1$$;$$; commit": "select commit", "select $$; commit": "select", "select $é1$;$é1$; end": "select end",
		"/* a /* ; */ ; */ select 1; commit": "select commit", "-- a; b\rcommit": "commit", "select 1 /* ; commit": "select",
		"create rule r as on insert to t do also (select 1; select 2); commit": "create commit", "select 1); commit": "select commit",
		"savepoint_;commit1;écrit": "savepoint_ commit1 écrit", "'a'; select 1": " select",
	} {
		var got []string
		for _, s := range statements(sql, false) {
			got = append(got, s.verb)
		}
		require.Equal(t, verbs, strings.Join(got, " "), "%q", sql)
	}
	require.Len(t, statements(`select '\'; commit; --'; end`, true), 2)
	require.Len(t, statements(`select '\'; commit; --'; end`, false), 2)
	require.Equal(t, "end", statements(`select '\'; commit; --'; end`, true)[1].verb)
}

func TestTextsThatMayHaveCommitted(t *testing.T) {
	for sql, want := range map[string]bool{
		"": false, "insert into t values (1)": false, "insert into t values (1); insert into t values (1)": false,
		"insert into t values (1); commit; insert into t values (1)": true, "begin; insert into t values (1); commit": false,
		"begin; insert into t values (1); end; select 1": true, "begin; insert into t values (1); prepare transaction 'x'; select 1": true,
		"prepare p as select 1; execute p": false, "commit": false, "select 'a; commit; b'; select 1": false, "select 1; rollback; select 1": false,
		"select commit from t; select 1": false, "call f()": true, "select 1; call f()": true, "do $$ begin commit; end $$": true,
		"DO $$ begin Call f(); end $$": true, "do $$ begin execute 'com' || 'mit'; end $$": true, "do $$ begin raise 'no'; end $$": false,
		"vacuum t": true, "reindex schema s": true, "cluster": true, "create unique index concurrently on t (a)": true,
		"create unique index on t (a)": false, "refresh materialized view concurrently v": false, "drop index concurrently i": true,
		"alter table t detach partition p concurrently": true, "alter table t add a int": false,
		"commit; -- that's all": false, "commit and chain; insert into t values (1)": true,
	} {
		require.Equal(t, want, mayHaveCommitted(sql, false), "%q", sql)
	}
}

func TestReadingATextTakesLinearTime(t *testing.T) {
	for _, part := range []string{"e''", "e''\n", "e'' ", "e'\n--", "''", "$a", "$a$", "$$", "/*", "/**/", "--\n", "(", ";", "a", "a;", " ", "'"} {
		start := time.Now()
		mayHaveCommitted(strings.Repeat(part, 1<<20/len(part)), false)
		require.Less(t, time.Since(start), 2*time.Second, "%q", part)
	}
}

func FuzzStatements(f *testing.F) {
	for _, seed := range []string{"", "'", `"`, "e'\\", "$", "$a$", "/*", "--", "(", ";", "\xff", "commit; select 1", "e'a'\n'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, escapes := range []bool{false, true} {
			require.LessOrEqual(t, len(statements(sql, escapes)), strings.Count(sql, ";")+1)
		}
		require.True(t, mayHaveCommitted("begin; commit; "+"select 1; "+sql, false))
	})
}
