package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/coordinator"
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

const assertions = 16

func TestAllHoldsOnSQLite(t *testing.T) {
	demotest.SucceedOnFiles(t, program, assertions)
}

func TestAllHoldsOnPostgreSQL(t *testing.T) {
	db := pgtest.Shared(t)
	for range 2 { // the second time there are schemas
		stdout, stderr := demotest.Succeed(t, program, assertions, "-dsn", demotest.WithSecret(db.TCPDSN()))
		require.Contains(t, stdout, "4 shards (PostgreSQL, PostgreSQL, PostgreSQL, PostgreSQL)")
		require.Empty(t, stderr)
	}
	for schema, rows := range map[string]int{"schema_1": 2, "schema_2": 1, "schema_3": 2, "schema_4": 2} {
		n, err := db.QueryInt("select count(*) from " + schema + ".weather_locations")
		require.NoError(t, err)
		require.Equal(t, rows, n, schema)
	}
	require.Eventually(t, func() bool { // a server takes a moment to see that a connection was closed
		n, err := db.Backends()
		return err == nil && n == 0
	}, 10*time.Second, 5*time.Millisecond, "connections that are left")
}

// Each shard is sent its own schema, and no other's.
func TestEchoShowsTheNames(t *testing.T) {
	stdout, stderr := demotest.Succeed(t, program, assertions, "-echo", "-explain")
	require.Contains(t, stdout, weather.CitiesOfTwo, "the plan")
	demotest.OwnNames(t, stderr, schemas)
}

// The directory of the attached files may have any name.
func TestQuotesInTheDirectorysName(t *testing.T) {
	backend, err := attached(t.TempDir() + "/it's 50%? #1")
	require.NoError(t, err)
	require.NoError(t, backend.Close(t.Context()))
}

func TestFailingCallsExitWithOne(t *testing.T) {
	status, stdout, stderr := demotest.Run(t, program, "-dsn", "postgres://user:"+demotest.Secret+"@127.0.0.1:1/weather?sslmode=disable")
	require.Equal(t, demo.Failed, status)
	require.Contains(t, stderr, "shard database")
	require.Contains(t, stdout, "0 fail")
}

func TestMisuseExitsWithTwo(t *testing.T) {
	demotest.Misuse(t, program, map[string][]string{"SQLite": {"-dsn", "sqlite:x"}})
}

func TestReportsWithoutALocationHaveNoShard(t *testing.T) {
	_, err := chooseShard(t.Context(), &Report{})
	require.Error(t, err)
	_, err = chooseShard(t.Context(), &Location{Continent: "Atlantis"})
	require.Error(t, err)
	_, err = chooseShard(t.Context(), "Tokyo")
	require.Error(t, err)
}

// The identity chooser refuses what isn't loaded from an object that has a shard.
func TestKeysWithoutAnObjectHaveNoShard(t *testing.T) {
	for _, from := range []any{nil, &Location{}} {
		shards, err := chooseForKey(t.Context(), &coordinator.IdentityRequest{Table: "weather_locations", Key: []any{1}, LoadedFrom: from})
		require.ErrorIs(t, err, errNoShard)
		require.Empty(t, shards)
	}
}

// An interrupt at any line of the output ends the program with its files removed.
func TestInterruptEndsItCleanly(t *testing.T) {
	demotest.Interrupt(t, program, nil, "shard south_america", "ok    shards that the commit", "ok    a get without a token", "ok    cities in Europe")
}

func TestHelpExitsWithZero(t *testing.T) { demotest.Help(t, program, "-dsn url", "schema_1") }
