package coordinator_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
	"github.com/troupedb/troupe/shardworker/postgres"
)

const collated = `create table t (k bigint, plain text, bytewise text collate "C", spoken text collate "en-x-icu", n bigint);`

// spawnSpoken returns a troupe over two databases whose own collation is a language's.
func spawnSpoken(t *testing.T) *coordinator.Troupe {
	t.Helper()
	server := pgtest.Start(t)
	cfg := coordinator.Config{CloseTimeout: patience}
	declaring(byDecadeOfTwo)(&cfg)
	for _, id := range shardIDs[:2] {
		require.NoError(t, server.Exec(`create database `+string(id)+` template template0 locale_provider icu icu_locale 'en' locale 'C' encoding 'UTF8'`))
		dsn := strings.Replace(server.DSN(), "/postgres?", "/"+string(id)+"?", 1)
		require.NotEqual(t, server.DSN(), dsn)
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, DSN: shardworker.DSN(dsn)})
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	execAll(t, troupe, collated)
	_, err = troupe.Exec(t.Context(), "insert into t (k, plain, bytewise, spoken, n) values (1, 'b', 'b', 'b', 1), (2, 'B', 'B', 'B', 2), (11, 'a', 'a', 'a', 3), (12, 'C', 'C', 'C', 4)")
	require.NoError(t, err)
	return troupe
}

// requireCollationRefused requires that the answer is refused with the way out.
func requireCollationRefused(t *testing.T, troupe *coordinator.Troupe, sql string) {
	t.Helper()
	rows, err := troupe.Query(t.Context(), sql)
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
	}
	require.ErrorIs(t, err, messages.ErrRefused, sql)
	require.ErrorContains(t, err, `COLLATE "C"`, sql)
}

func TestTextsOfAPostgreSQLWithALanguage(t *testing.T) {
	troupe := spawnSpoken(t)
	for _, sql := range []string{
		"select bytewise from t order by bytewise", `select plain from t order by plain collate "C"`, `select spoken from t order by spoken collate "C"`,
		"select distinct bytewise from t order by bytewise", `select bytewise, count(*) from t group by bytewise order by 1`,
	} {
		rows, err := troupe.Query(t.Context(), sql)
		require.NoError(t, err, sql)
		var got []string
		for rows.Next() {
			v, err := rows.Values()
			require.NoError(t, err)
			got = append(got, v[0].(string))
		}
		require.NoError(t, rows.Err(), sql)
		require.Equal(t, []string{"B", "C", "a", "b"}, got, sql)
	}
	for _, sql := range []string{
		"select plain from t order by plain", "select spoken from t order by spoken", "select k from t order by spoken", "select min(plain) from t",
		"select k from t order by spoken || plain", "select plain || 'x' as x from t order by x limit 3",
	} {
		requireCollationRefused(t, troupe, sql)
	}
	for _, sql := range []string{"select k from t order by k", "select k, plain from t order by n desc", "select count(*) from t", "select sum(n) from t", "select plain from t"} {
		rows, err := troupe.Query(t.Context(), sql)
		require.NoError(t, err, sql)
		for rows.Next() {
		}
		require.NoError(t, rows.Err(), sql)
	}
	// Texts that differ are different in a language, too.
	require.ElementsMatch(t, []string{"a", "b", "B", "C"}, column[string](t, troupe, "select distinct plain from t"))
	require.ElementsMatch(t, []int64{1, 1, 1, 1}, column[int64](t, troupe, "select count(*) from t group by plain"))
}

// TestShardsAreNotAskedForEachCall what their collations are.
func TestShardsAreNotAskedForEachCall(t *testing.T) {
	s := spawnServers(t, 2, 2, collated, declaring(byDecadeOfTwo))
	acquired := func() (n int64) {
		for _, id := range s.Shards() {
			b, err := s.Shard(id)
			require.NoError(t, err)
			n += b.(*postgres.Backend).Pool().Stat().AcquireCount()
		}
		return n
	}
	for _, sql := range []string{"select bytewise from t order by bytewise", "select k from t order by k", "select plain from t order by plain"} {
		column[any](t, s.Troupe, sql)
		before := acquired()
		for range 5 {
			column[any](t, s.Troupe, sql)
		}
		require.EqualValues(t, before+2*5, acquired(), sql)
	}
}

func TestTextsOfSQLite(t *testing.T) {
	troupe := spawnDatabases(t, 2, "create table t (k integer, plain text, folded text collate nocase, trimmed text collate rtrim)", func(cfg *coordinator.Config) {
		cfg.Tables = coordinator.Tables{"t": {Key: "k", Type: coordinator.Integer, Route: byDecadeOfTwo}}
	})
	_, err := troupe.Exec(t.Context(), "insert into t (k, plain, folded, trimmed) values (1, 'b', 'b', 'b'), (2, 'B', 'B', 'b '), (11, 'a', 'a', 'a'), (12, 'C', 'C', 'C'), (13, 'B', 'c', 'b  ')")
	require.NoError(t, err)
	for sql, want := range map[string][]int64{
		"select k from t order by plain, k":                  {2, 13, 12, 11, 1},
		"select k from t order by folded, k":                 {11, 1, 2, 12, 13},
		"select k from t order by trimmed, k":                {12, 11, 1, 2, 13},
		"select k from t order by plain collate nocase, k":   {11, 1, 2, 13, 12},
		"select k from t order by folded collate binary, k":  {2, 12, 11, 1, 13},
		"select count(*) from t group by folded order by 1":  {1, 2, 2},
		"select count(*) from t group by trimmed order by 1": {1, 1, 3},
	} {
		require.Equal(t, want, column[int64](t, troupe, sql), sql)
	}
	require.Len(t, column[string](t, troupe, "select distinct plain from t"), 4)
}

// TestFactsAboutTextsAreRefreshed after their time: a schema may change.
func TestFactsAboutTextsAreRefreshed(t *testing.T) {
	troupe := spawnDatabases(t, 2, "create table t (k integer, v text)", declaring(byDecadeOfTwo))
	_, err := troupe.Exec(t.Context(), "insert into t values (1, 'b'), (2, 'A'), (11, 'a'), (12, 'B')")
	require.NoError(t, err)
	const sql = "select v from t order by v, k"
	require.Equal(t, []string{"A", "B", "a", "b"}, column[string](t, troupe, sql))
	asked := troupe.TextsAsked()
	require.Equal(t, []string{"A", "B", "a", "b"}, column[string](t, troupe, sql))
	require.Equal(t, asked, troupe.TextsAsked(), "it was known")
	execAll(t, troupe, "alter table t rename to old", "create table t (k integer, v text collate nocase)", "insert into t select * from old", "drop table old")

	rows, err := troupe.Query(t.Context(), sql) // until then it is found out as it comes
	require.NoError(t, err)
	for rows.Next() {
	}
	if rows.Err() != nil {
		require.ErrorIs(t, rows.Err(), messages.ErrRefused)
	}
	troupe.AgeTexts(2 * time.Minute)
	require.Equal(t, []string{"A", "a", "b", "B"}, column[string](t, troupe, sql))
}

// TestShardsThatCannotBeAsked merge all but texts.
func TestShardsThatCannotBeAsked(t *testing.T) {
	for _, dialect := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		c := spawn(t, 2, declaring(byDecadeOfTwo), fake.Config{Dialect: dialect})
		c.reply("select n", numbered(3))
		c.reply("select pad", fake.Rows(fake.Column("pad", pgtype.TextOID)).Row("a").Row("b"))
		c.reply("select sum", one(5))
		require.NoError(t, readAll(t.Context(), c, "select n, pad from t order by n"))
		var n int64
		require.NoError(t, c.QueryRow(t.Context(), "select sum(n) from t").Scan(&n))
		require.EqualValues(t, 10, n)
		for range 3 {
			err := readAll(t.Context(), c, "select pad from t order by pad")
			require.ErrorIs(t, err, messages.ErrRefused)
			require.ErrorContains(t, err, "COLLATE")
		}
		require.NoError(t, readAll(t.Context(), c, map[messages.Dialect]string{
			messages.SQLite: "select pad from t order by pad collate binary", messages.PostgreSQL: `select pad from t order by pad collate "C"`,
		}[dialect]))
	}
}

// TestAShardThatIsDownFailsTheQuestionToo with its own name; so does one that answers something else.
func TestAShardThatIsDownFailsTheQuestionToo(t *testing.T) {
	c := spawn(t, 2, declaring(byDecadeOfTwo), fake.Config{Dialect: messages.PostgreSQL})
	c.reply("select", one(1))
	c.reply("SELECT", fake.Rows(fake.Column("a", pgtype.Int8OID), fake.Column("b", pgtype.Int8OID), fake.Column("c", pgtype.Int8OID)).Row(int64(1), int64(0), int64(0)))
	c.fakes["s1"].At(fake.AtAcquire, fake.Once(fake.Fail(&messages.Error{Code: messages.ErrUnavailable})))
	err := readAll(t.Context(), c, "select pad from t order by pad")
	require.ErrorIs(t, err, messages.ErrUnavailable)
	requireShard(t, err, "s1")
	c.fakes["s1"].Reply("SELECT", one(1))
	err = readAll(t.Context(), c, "select pad from t order by pad")
	require.ErrorIs(t, err, messages.ErrProtocol)
	requireShard(t, err, "s1")
	require.Len(t, c.fakes["s0"].Statements(), 1, "the statement itself isn't sent")
}

// TestTheQuestionEndsWithItsCall when a shard doesn't answer it.
func TestTheQuestionEndsWithItsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := spawn(t, 2, func(cfg *coordinator.Config) {
			ownSystem(cfg)
			declaring(byDecadeOfTwo)(cfg)
		}, fake.Config{Dialect: messages.PostgreSQL})
		c.reply("SELECT", fake.Rows(fake.Column("a", pgtype.Int8OID), fake.Column("b", pgtype.Int8OID), fake.Column("c", pgtype.Int8OID)).Row(int64(1), int64(0), int64(0)))
		c.reply("select", fake.Rows(fake.Column("pad", pgtype.TextOID)).Row("a"))
		c.fakes["s1"].Reply("SELECT", one(1).At(fake.AtQuery, fake.Wait(fake.NewGate())))
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			begin := time.Now()
			err := readAll(ctx, c, "select pad from t order by pad")
			require.ErrorIs(t, err, messages.ErrCanceled)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, deadline, time.Since(begin))
			cancel()
		}
		synctest.Wait()
		for _, f := range c.fakes {
			for _, s := range f.Statements() {
				require.NotContains(t, s.SQL, "pad", "the statement itself isn't sent")
			}
		}
		require.NoError(t, readAll(t.Context(), c, `select pad from t order by pad collate "C"`), "nobody has to be asked")
	})
}

// TestTheQuestionNeedsNoPlaceOfItsOwn among the calls in flight: its call has one.
func TestTheQuestionNeedsNoPlaceOfItsOwn(t *testing.T) {
	troupe := spawnDatabases(t, 2, "create table t (k integer, v text collate nocase)", func(cfg *coordinator.Config) {
		declaring(byDecadeOfTwo)(cfg)
		cfg.MaxInFlight = 1
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if err := troupe.QueryRow(within(t, patience), "select count(*) from t group by v").Scan(nil); !errors.Is(err, pgx.ErrNoRows) {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestOwnDDLIsNoticed: what was found out about a shard's collations doesn't outlive a change that the troupe makes itself.
func TestOwnDDLIsNoticed(t *testing.T) {
	troupe := spawnMemory(t, "a", "b")
	ctx := t.Context()
	for id, values := range map[messages.ShardID]string{"a": "('a', 1), ('B', 2)", "b": "('A', 3), ('b', 4)"} {
		for _, sql := range []string{"create table x (t text, n int)", "insert into x values " + values} {
			_, err := troupe.Exec(coordinator.OnShard(ctx, id), sql)
			require.NoError(t, err)
		}
	}
	all := coordinator.AllShards(ctx)
	count := func(sql string) (n int) {
		t.Helper()
		require.NoError(t, troupe.QueryRow(all, sql).Scan(&n))
		return n
	}
	require.Equal(t, 4, count("select count(distinct t) from x"))
	_, err := troupe.Exec(all, "alter table x add column ci text collate nocase generated always as (t) virtual")
	require.NoError(t, err)
	rows, err := troupe.Query(all, "select ci, n from x order by ci, n")
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n int, err error) { return n, row.Scan(nil, &n) })
	require.NoError(t, err)
	require.Equal(t, []int{1, 3, 2, 4}, got)
}
