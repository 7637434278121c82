package suites_test

import (
	"bytes"
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/bench/suites"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

// fewCustomers spares a test the loading of ten times 10,999 rows.
func fewCustomers(t *testing.T) { t.Cleanup(suites.SetManyCustomers(500)) }

func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = profile.Run(t.Context(), "bench", args, &out, &errs, suites.All()...)
	return status, out.String(), errs.String()
}

func names() (all []string) {
	for _, p := range suites.All() {
		all = append(all, p.Name())
	}
	return all
}

// succeed runs a suite, whose answers are right then, and returns its output without times.
func succeed(t *testing.T, args ...string) string {
	t.Helper()
	status, stdout, stderr := run(t, args...)
	require.Zero(t, status, stderr)
	require.Empty(t, stderr)
	return masked(stdout)
}

var times = regexp.MustCompile(`\d+\.\d{6} sec`)

func masked(text string) string { return times.ReplaceAllString(text, "# sec") }

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func TestSuitesOnOneFile(t *testing.T) {
	fewCustomers(t)
	for _, name := range names() {
		t.Run(name, func(t *testing.T) { golden(t, name, succeed(t, name, "--num", "100")) })
	}
}

func TestSuitesOnThreeFiles(t *testing.T) {
	fewCustomers(t)
	for _, name := range names() {
		t.Run(name, func(t *testing.T) { golden(t, name, succeed(t, name, "--num", "100", "--shards", "3")) })
	}
}

// Clients that can't share the iterations evenly.
func TestSuitesWithSeveralClients(t *testing.T) {
	fewCustomers(t)
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			got := succeed(t, name, "--num", "101", "--shards", "2", "--clients", "3")
			require.Contains(t, got, "(101 iterations by 3 clients); total time # sec\n")
		})
	}
}

// More rows than are fetched, flushed, or sent at once.
func TestSuitesWithManyRows(t *testing.T) {
	for name, num := range map[string]string{"large_resultsets": "10001", "bulk_inserts": "1001", "bulk_updates": "1001"} {
		t.Run(name, func(t *testing.T) { succeed(t, name, "--num", num, "--shards", "2") })
	}
}

func TestFewerIterationsThanClients(t *testing.T) {
	fewCustomers(t)
	for _, name := range names() {
		t.Run(name, func(t *testing.T) { succeed(t, name, "--num", "1", "--clients", "2") })
	}
}

func TestSuitesInMemory(t *testing.T) {
	fewCustomers(t)
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			golden(t, name, succeed(t, name, "--num", "100", "--dburl", "sqlite::memory:", "--dburl", "sqlite::memory:"))
		})
	}
}

func TestSuitesOnPostgreSQL(t *testing.T) {
	fewCustomers(t)
	one, other := pgtest.Shared(t), pgtest.Shared(t)
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			golden(t, name, succeed(t, name, "--num", "100", "--dburl", one.DSN()))
			golden(t, name, succeed(t, name, "--num", "100", "--dburl", one.TCPDSN()+"&pool_max_conns=2", "--dburl", other.TCPDSN()))
		})
	}
}

func TestSuitesOnMixedShards(t *testing.T) {
	fewCustomers(t)
	db := pgtest.Shared(t)
	for _, name := range names() {
		t.Run(name, func(t *testing.T) {
			golden(t, name, succeed(t, name, "--num", "100", "--dburl", db.DSN(), "--dburl", "sqlite:"+t.TempDir()+"/one.db"))
		})
	}
}

// A suite may be run again, on other databases.
func TestSuitesRunAgain(t *testing.T) {
	fewCustomers(t)
	for _, p := range suites.All() {
		t.Run(p.Name(), func(t *testing.T) {
			for range 2 {
				var out, errs bytes.Buffer
				require.Zero(t, profile.Run(t.Context(), "bench", []string{"--num", "2", "--runs", "2"}, &out, &errs, p), errs.String())
			}
		})
	}
}

// There are as many rows as the original has, and more if more are asked for.
func TestRowsOfShortSelects(t *testing.T) {
	for num, rows := range map[string]int{"10": 10_999, "11001": 11_001} {
		file := filepath.Join(t.TempDir(), "short.db")
		succeed(t, "short_selects", "--num", num, "--test", "test_core_reuse_stmt_compiled_cache", "--dburl", "sqlite:"+file)
		db, err := sql.Open("sqlite", file)
		require.NoError(t, err)
		var got int
		require.NoError(t, db.QueryRow("select count(*) from customer").Scan(&got))
		require.NoError(t, db.Close())
		require.Equal(t, rows, got)
	}
}

// forge has every row that is written to a table made later get another name.
func forge(t *testing.T, db *pgtest.Database, name string) {
	t.Helper()
	require.NoError(t, db.Exec(`create function forge_row() returns trigger language plpgsql as $$
		begin
			new.name := `+name+`;
			return new;
		end $$;
		create function forge_table() returns event_trigger language plpgsql as $$
		begin
			execute 'create trigger forge before insert or update on customer for each row execute function forge_row()';
		end $$;
		create event trigger forge on ddl_command_end when tag in ('CREATE TABLE') execute function forge_table()`))
}

// Rows whose numbers add up to the right sum are wrong if one is there twice.
func TestRepeatedRowsAreAWrongAnswer(t *testing.T) {
	db := pgtest.Shared(t)
	forge(t, db, "case new.name when 'customer name 0' then 'customer name 1' when 'customer name 2' then 'customer name 1' else new.name end")
	status, _, stderr := run(t, "single_inserts", "--num", "10", "--test", "test_core", "--dburl", db.DSN())
	require.Equal(t, profile.Failed, status)
	require.Contains(t, stderr, "wrong answer: 10 rows with 8 names whose numbers add up to 45 and 45")
}

// A row that is changed behind a test's back is a wrong answer.
func TestWrongAnswersFail(t *testing.T) {
	db := pgtest.Shared(t)
	forge(t, db, "replace(new.name, '7', '8')") // texts' lengths don't change
	for suite, test := range map[string]string{
		"large_resultsets": "test_core_fetchall", "short_selects": "test_core_reuse_stmt", "single_inserts": "test_core",
		"bulk_inserts": "test_core_insert", "bulk_updates": "test_core_update",
	} {
		t.Run(suite, func(t *testing.T) {
			status, stdout, stderr := run(t, suite, "--num", "100", "--test", test, "--dburl", db.DSN())
			require.Equal(t, profile.Failed, status)
			require.Contains(t, stderr, "bench: "+suite+": "+test+": wrong answer: ")
			require.NotContains(t, stdout, test+" : ")
		})
	}
}

func TestEchoShowsWhatShardsAreSent(t *testing.T) {
	status, _, stderr := run(t, "single_inserts", "--num", "3", "--test", "test_core,test_orm_commit", "--echo", "--shards", "2")
	require.Zero(t, status)
	require.Contains(t, stderr, "insert into customer (name, description) values")
	require.Contains(t, stderr, "shard=shard1 ")
}

// Without the cache no text is sent twice, and with it there is one only.
func TestCacheMeansOneText(t *testing.T) {
	fewCustomers(t)
	sent := regexp.MustCompile(`(?m) sql="(select id, name, description[^"]*)"`)
	for _, p := range suites.All() {
		if p.Name() != "short_selects" {
			continue
		}
		for _, test := range p.Tests() {
			status, _, stderr := run(t, p.Name(), "--num", "10", "--shards", "2", "--echo", "--test", test)
			require.Zero(t, status)
			texts := map[string]int{}
			for _, match := range sent.FindAllStringSubmatch(stderr, -1) {
				texts[match[1]]++
			}
			if strings.HasSuffix(test, "cache") {
				require.Len(t, texts, 1, test)
			} else {
				require.Len(t, texts, 10, test)
			}
		}
	}
}

// The originals' tests, by suite: those of the seeds, and of the two suites that they don't have.
var originals = map[string][]string{
	"large_resultsets": {
		"test_orm_full_objects_list", "test_orm_full_objects_chunks", "test_orm_bundles", "test_orm_columns", "test_core_fetchall",
		"test_core_fetchall_mapping", "test_core_fetchmany_w_streaming", "test_core_fetchmany", "test_dbapi_fetchall_plus_append_objects",
		"test_dbapi_fetchall_no_object",
	},
	"short_selects": {
		"test_orm_query_classic_style", "test_orm_query_classic_style_w_cache", "test_orm_query_new_style", "test_orm_query_new_style_cache",
		"test_orm_query_classic_style_cols_only", "test_orm_query_classic_style_cols_only_cache", "test_core_new_stmt_each_time",
		"test_core_new_stmt_each_time_compiled_cache", "test_core_reuse_stmt", "test_core_reuse_stmt_compiled_cache",
	},
	"single_inserts": {
		"test_orm_commit", "test_bulk_save", "test_bulk_insert_dictionaries", "test_core", "test_core_query_caching",
		"test_dbapi_raw_w_connect", "test_dbapi_raw_w_pool",
	},
}

func TestEveryOriginalHasItsCounterpartInOrder(t *testing.T) {
	count := 0
	for _, p := range suites.All() {
		if want, ok := originals[p.Name()]; ok {
			require.Equal(t, want, p.Tests())
			count += len(want)
		}
	}
	require.Equal(t, 27, count)
	require.True(t, slices.IsSorted(names()))
}

func TestDocsExplainEveryTest(t *testing.T) {
	text, err := os.ReadFile("../../docs/bench.md")
	require.NoError(t, err)
	for _, p := range suites.All() {
		require.Contains(t, string(text), "`"+p.Name()+"`")
		for _, test := range p.Tests() {
			require.True(t, strings.Contains(string(text), "| `"+test+"` |"), "%s: %s", p.Name(), test)
		}
	}
}
