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

const assertions = 20

func TestAllHoldsOnSQLite(t *testing.T) {
	demotest.SucceedOnFiles(t, program, assertions)
}

func TestAllHoldsOnPostgreSQL(t *testing.T) {
	db := pgtest.Shared(t)
	for range 2 { // the second time there are tables
		stdout, _ := demotest.Succeed(t, program, assertions, "-dsn", demotest.WithSecret(db.TCPDSN()))
		require.Contains(t, stdout, "4 shards (PostgreSQL, PostgreSQL, PostgreSQL, PostgreSQL)")
	}
	for _, id := range weather.Shards {
		for table, rows := range map[string]int{"weather_locations": places[id], "weather_reports": reports[id]} {
			n, err := db.QueryInt("select count(*) from " + string(id) + "__" + table)
			require.NoError(t, err)
			require.Equal(t, rows, n, "%s on %s", table, id)
		}
	}
}

var (
	places  = map[messages.ShardID]int{weather.NorthAmerica: 2, weather.Asia: 1, weather.Europe: 2, weather.SouthAmerica: 2}
	reports = map[messages.ShardID]int{weather.NorthAmerica: 1, weather.Asia: 1, weather.SouthAmerica: 1}
)

func TestTablesOfAnEarlierRunAreReplaced(t *testing.T) {
	file := "sqlite:" + t.TempDir() + "/weather.db" // each call makes another directory
	for range 2 {
		demotest.Succeed(t, program, assertions, "-dsn", file)
	}
}

// Each shard is sent its own names, and no other's.
func TestEchoShowsTheNames(t *testing.T) {
	stdout, stderr := demotest.Succeed(t, program, assertions, "-echo", "-explain")
	require.Contains(t, stdout, weather.CitiesOfTwo, "the plan")
	names := map[messages.ShardID]string{}
	for _, id := range weather.Shards {
		names[id] = prefix(id) + "weather"
	}
	demotest.OwnNames(t, stderr, names)
}

func TestFailingCallsExitWithOne(t *testing.T) {
	status, stdout, stderr := demotest.Run(t, program, "-dsn", "postgres://user:"+demotest.Secret+"@127.0.0.1:1/weather?sslmode=disable")
	require.Equal(t, demo.Failed, status)
	require.Contains(t, stderr, "shard north_america")
	require.Contains(t, stdout, "0 fail")
}

func TestMisuseExitsWithTwo(t *testing.T) {
	demotest.Misuse(t, program, map[string][]string{"broken SQLite": {"-dsn", "sqlite:x?colour=" + demotest.Secret}})
}

// An interrupt at any line of the output ends the program with its files removed.
func TestInterruptEndsItCleanly(t *testing.T) {
	demotest.Interrupt(t, program, nil, "shard south_america", "ok    shards that the commit", "ok    city of Tokyo's id", "ok    key of Tokyo")
}

func TestHelpExitsWithZero(t *testing.T) { demotest.Help(t, program, "-dsn url", "weather_reports") }
