package main

import (
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

const assertions = 18

func TestAllHoldsOnSQLite(t *testing.T) {
	demotest.SucceedOnFiles(t, program, assertions)
}

func TestTablesOfAnEarlierRunAreReplaced(t *testing.T) {
	file := "asia=sqlite:" + t.TempDir() + "/asia.db"
	for range 2 {
		demotest.Succeed(t, program, assertions, "-dsn", file)
	}
}

func TestAllHoldsOnPostgreSQL(t *testing.T) {
	var args []string
	for _, id := range weather.Shards {
		args = append(args, "-dsn", string(id)+"="+pgtest.Shared(t).DSN())
	}
	for range 2 { // the second time there are tables
		stdout, _ := demotest.Succeed(t, program, assertions, args...)
		require.Contains(t, stdout, "4 shards (PostgreSQL, PostgreSQL, PostgreSQL, PostgreSQL)")
	}
}

func TestAllHoldsOnMixedShards(t *testing.T) {
	dsn := demotest.WithSecret(pgtest.Shared(t).TCPDSN())
	stdout, stderr := demotest.Succeed(t, program, assertions, "-echo", "-explain", "-dsn", "europe="+dsn)
	require.Contains(t, stdout, "4 shards (SQLite, SQLite, PostgreSQL, SQLite)")
	require.Contains(t, stderr, weather.CitiesOfTwo)
	require.Contains(t, stdout, weather.CitiesOfTwo, "the plan")
}

// Europe's locations live on another shard than the assertions say.
func TestFailingAssertionsExitWithOne(t *testing.T) {
	weather.ShardLookup["Europe"] = weather.SouthAmerica
	t.Cleanup(func() { weather.ShardLookup["Europe"] = weather.Europe })
	status, stdout, _ := demotest.Run(t, program)
	require.Equal(t, demo.Failed, status)
	require.Contains(t, stdout, "FAIL  shards that were asked: [asia south_america], not [asia europe]\n")
}

func TestMisuseExitsWithTwo(t *testing.T) { demotest.Misuse(t, program, nil) }

// An interrupt at any line of the output ends the program with its files removed.
func TestInterruptEndsItCleanly(t *testing.T) {
	demotest.Interrupt(t, program, nil, "shard south_america", "ok    shards that the commit", "ok    city of Tokyo's id", "ok    key of Tokyo")
}

func TestHelpExitsWithZero(t *testing.T) { demotest.Help(t, program, "-dsn id=url", "weather_reports") }
