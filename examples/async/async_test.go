package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

// secret stands for a password: no run may print it.
const secret = "canary-7f3e"

// ran runs the program with few rows and returns its exit status and what it printed.
func ran(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), append([]string{"-rows", "20000", "-reader-delay", "1ms"}, args...), &out, &errs)
	t.Logf("status %d\n%s%s", status, &out, &errs)
	require.NotContains(t, out.String()+errs.String(), secret)
	return status, out.String(), errs.String()
}

// requireSuccess runs the program, on which all assertions must hold.
func requireSuccess(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	status, stdout, stderr := ran(t, args...)
	require.Equal(t, succeeded, status)
	require.Contains(t, stdout, ": 33 assertions hold, 0 fail")
	require.Equal(t, 33, strings.Count(stdout, "ok    "))
	return stdout, stderr
}

func TestAllHoldsOnSQLite(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	stdout, stderr := requireSuccess(t)
	require.Contains(t, stdout, "4 shards (SQLite, SQLite, SQLite, SQLite)")
	require.Empty(t, stderr)
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left, "the files are removed")
}

func TestTablesOfAnEarlierRunAreReplaced(t *testing.T) {
	file := "asia=sqlite:" + t.TempDir() + "/asia.db"
	for range 2 {
		requireSuccess(t, "-dsn", file)
	}
}

func TestFewestRows(t *testing.T) {
	requireSuccess(t, "-rows", "4", "-reader-delay", "0")
}

func TestEchoShowsTheSQLPerShard(t *testing.T) {
	_, stderr := requireSuccess(t, "-echo")
	for _, id := range shards {
		require.Contains(t, stderr, "shard="+string(id))
	}
	asked := 0
	for _, line := range strings.Split(stderr, "\n") {
		if strings.Contains(line, citiesOfTwo) {
			asked++
			require.Regexp(t, "shard=(asia|europe) ", line)
		}
	}
	require.Equal(t, 4, asked, "two calls on two shards each")
}

func TestAllHoldsOnPostgreSQL(t *testing.T) {
	one, other := pgtest.Start(t), pgtest.Start(t)
	stdout, _ := requireSuccess(t,
		"-dsn", "north_america="+newDatabase(t, one), "-dsn", "asia="+newDatabase(t, one),
		"-dsn", "europe="+newDatabase(t, other), "-dsn", "south_america="+newDatabase(t, other))
	require.Contains(t, stdout, "4 shards (PostgreSQL, PostgreSQL, PostgreSQL, PostgreSQL)")
}

func TestAllHoldsOnMixedShards(t *testing.T) {
	europe, america := pgtest.Shared(t), pgtest.Shared(t)
	stdout, stderr := requireSuccess(t, "-echo",
		"-dsn", "europe="+withSecret(europe.TCPDSN()), "-dsn", "north_america="+america.DSN())
	require.Contains(t, stdout, "4 shards (PostgreSQL, SQLite, PostgreSQL, SQLite)")
	require.Contains(t, stderr, citiesOfTwo)
}

func newDatabase(t *testing.T, c *pgtest.Cluster) string {
	t.Helper()
	db, err := c.CreateDatabase("")
	require.NoError(t, err)
	return db.DSN()
}

// withSecret gives the user of a URL a password, which pgtest's servers don't ask for.
func withSecret(dsn string) string {
	return strings.Replace(dsn, "://postgres@", "://postgres:"+secret+"@", 1)
}

// Europe's locations live on another shard than the assertions say.
func TestFailingAssertionsExitWithOne(t *testing.T) {
	shardLookup["Europe"] = southAmerica
	t.Cleanup(func() { shardLookup["Europe"] = europe })
	status, stdout, _ := ran(t)
	require.Equal(t, failed, status)
	require.Contains(t, stdout, "FAIL  shards that were asked: [asia south_america], not [asia europe]\n")
	require.Contains(t, stdout, ": 31 assertions hold, 2 fail")
}

func TestFailingCallsExitWithOne(t *testing.T) {
	for name, dsn := range map[string]string{
		"no server":    "asia=postgres://user:" + secret + "@127.0.0.1:1/asia?sslmode=disable",
		"no directory": "asia=sqlite:" + t.TempDir() + "/missing/asia.db",
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := ran(t, "-dsn", dsn)
			require.Equal(t, failed, status)
			require.Contains(t, stderr, "shard asia")
			require.Contains(t, stdout, "0 fail")
		})
	}
}

func TestMisuseExitsWithTwo(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown id":         {"-dsn", "azia=postgres://user:" + secret + "@host/asia"},
		"no id":              {"-dsn", "postgres://user:" + secret + "@host/asia"},
		"no url":             {"-dsn", "asia="},
		"neither":            {"-dsn", secret},
		"no value":           {"-dsn"},
		"id given twice":     {"-dsn", "asia=sqlite:a?" + secret, "-dsn", "asia=sqlite:b"},
		"url given twice":    {"-dsn", "asia=sqlite:" + secret, "-dsn", "europe=sqlite:" + secret},
		"broken PostgreSQL":  {"-dsn", "asia=postgres://user:" + secret + "@host:port/asia"},
		"broken SQLite":      {"-dsn", "asia=sqlite:x?colour=" + secret},
		"another argument":   {"asia=postgres://user:" + secret + "@host/asia"},
		"unknown flag":       {"-asia=postgres://user:" + secret + "@host/asia"},
		"too few rows":       {"-rows", "3"},
		"no number":          {"-rows", "many"},
		"negative delay":     {"-reader-delay", "-1s"},
		"no time to do it":   {"-timeout", "0s"},
		"engine not for SQL": {"-dsn", "asia=mysql://user:" + secret + "@host/asia"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := ran(t, args...)
			require.Equal(t, misused, status)
			require.Contains(t, stderr, "async: ")
			require.NotContains(t, stdout, "FAIL")
		})
	}
}

func TestHelpExitsWithZero(t *testing.T) {
	status, stdout, stderr := ran(t, "-h")
	require.Equal(t, succeeded, status)
	require.Empty(t, stdout)
	for _, flag := range []string{"-dsn id=url", "-echo", "-rows", "-reader-delay", "-timeout", "drops"} {
		require.Contains(t, stderr, flag)
	}
}

func TestTimeoutEndsTheStream(t *testing.T) {
	status, _, stderr := ran(t, "-timeout", "1s", "-reader-delay", "1h")
	require.Equal(t, failed, status)
	require.Contains(t, stderr, "not done within 1s")
}

// An interrupt at any line of the output ends the program with its files removed.
func TestInterruptEndsItCleanly(t *testing.T) {
	for _, line := range []string{"shard south_america", "ok    different ids", "ok    city of Tokyo's id", "ok    shards that were asked"} {
		t.Run(line, func(t *testing.T) {
			temporary := t.TempDir()
			t.Setenv("TMPDIR", temporary)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var errs bytes.Buffer
			status := run(ctx, []string{"-reader-delay", "1h"}, &trigger{text: line, pull: cancel}, &errs)
			require.Equal(t, failed, status)
			require.Contains(t, errs.String(), "async: interrupted")
			left, err := os.ReadDir(temporary)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// trigger is pulled when a line with the text is printed.
type trigger struct {
	text string
	pull func()
}

func (w *trigger) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.text)) {
		w.pull()
	}
	return len(p), nil
}

// What the chooser doesn't know it may not narrow by.
func TestShardsOfContinents(t *testing.T) {
	text := "Asia"
	for _, c := range []struct {
		continents []any
		want       []messages.ShardID
	}{
		{[]any{"Asia"}, []messages.ShardID{asia}},
		{[]any{"Europe", "Asia", "Europe"}, []messages.ShardID{europe, asia, europe}},
		{[]any{"Asia", "Atlantis"}, []messages.ShardID{asia}},
		{[]any{"Atlantis"}, shards[:1]},
		{nil, shards[:1]},
		{[]any{"Asia", &text}, shards},
		{[]any{"Asia", 7}, shards},
	} {
		require.Equal(t, c.want, shardsOf(c.continents), fmt.Sprint(c.continents))
	}
}
