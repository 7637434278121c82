package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/demotest"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

const assertions = 37

// few keeps the stream short.
var few = []string{"-rows", "20000", "-reader-delay", "1ms"}

func TestAllHoldsOnSQLite(t *testing.T) {
	demotest.SucceedOnFiles(t, newProgram(), assertions, few...)
}

func requireSuccess(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	return demotest.Succeed(t, newProgram(), assertions, append(slices.Clone(few), args...)...)
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

func TestExplainShowsPlans(t *testing.T) {
	stdout, _ := requireSuccess(t, "-explain")
	for _, sql := range []string{weather.CitiesOfTwo, warmest, average} {
		require.Contains(t, stdout, sql)
	}
}

func TestEchoShowsTheSQLPerShard(t *testing.T) {
	_, stderr := requireSuccess(t, "-echo")
	for _, id := range weather.Shards {
		require.Contains(t, stderr, "shard="+string(id))
	}
	asked := 0
	for _, line := range strings.Split(stderr, "\n") {
		if strings.Contains(line, weather.CitiesOfTwo) {
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
		"-dsn", "europe="+demotest.WithSecret(europe.TCPDSN()), "-dsn", "north_america="+america.DSN())
	require.Contains(t, stdout, "4 shards (PostgreSQL, SQLite, PostgreSQL, SQLite)")
	require.Contains(t, stderr, weather.CitiesOfTwo)
}

func newDatabase(t *testing.T, c *pgtest.Cluster) string {
	t.Helper()
	db, err := c.CreateDatabase("")
	require.NoError(t, err)
	return db.DSN()
}

// Europe's locations live on another shard than the assertions say.
func TestFailingAssertionsExitWithOne(t *testing.T) {
	weather.ShardLookup["Europe"] = weather.SouthAmerica
	t.Cleanup(func() { weather.ShardLookup["Europe"] = weather.Europe })
	status, stdout, _ := demotest.Run(t, newProgram(), few...)
	require.Equal(t, demo.Failed, status)
	require.Contains(t, stdout, "FAIL  shards that were asked: [asia south_america], not [asia europe]\n")
	require.Contains(t, stdout, fmt.Sprintf(": %d assertions hold, 3 fail", assertions-3))
}

func TestFailingCallsExitWithOne(t *testing.T) {
	for name, dsn := range map[string]string{
		"no server":    "asia=postgres://user:" + demotest.Secret + "@127.0.0.1:1/asia?sslmode=disable",
		"no directory": "asia=sqlite:" + t.TempDir() + "/missing/asia.db",
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := demotest.Run(t, newProgram(), "-dsn", dsn)
			require.Equal(t, demo.Failed, status)
			require.Contains(t, stderr, "shard asia")
			require.Contains(t, stdout, "0 fail")
		})
	}
}

func TestMisuseExitsWithTwo(t *testing.T) {
	demotest.Misuse(t, newProgram(), map[string][]string{
		"too few rows":   {"-rows", "3"},
		"no number":      {"-rows", "many"},
		"negative delay": {"-reader-delay", "-1s"},
	})
}

func TestHelpExitsWithZero(t *testing.T) {
	demotest.Help(t, newProgram(), "-dsn id=url", "-rows", "-reader-delay")
}

func TestTimeoutEndsTheStream(t *testing.T) {
	status, _, stderr := demotest.Run(t, newProgram(), "-timeout", "1s", "-reader-delay", "1h")
	require.Equal(t, demo.Failed, status)
	require.Contains(t, stderr, "not done within 1s")
}

// An interrupt at any line of the output ends the program with its files removed.
func TestInterruptEndsItCleanly(t *testing.T) {
	demotest.Interrupt(t, newProgram(), []string{"-reader-delay", "1h"},
		"shard south_america", "ok    different ids", "ok    shards that were written to", "ok    city of Tokyo's id", "ok    shards that were asked")
}
