package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

func requireCounted(t *testing.T, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	status := profile.Run(t.Context(), "example", args, &out, &errs, counters())
	require.Zero(t, status, errs.String())
	require.Empty(t, errs.String())
	require.Equal(t, 2, strings.Count(out.String(), "total time"))
}

func TestEventsAreCounted(t *testing.T) {
	requireCounted(t, "--num", "100")
	requireCounted(t, "--num", "101", "--shards", "3", "--clients", "3")
}

func TestEventsAreCountedOnPostgreSQL(t *testing.T) {
	requireCounted(t, "--num", "100", "--clients", "2", "--dburl", pgtest.Shared(t).DSN())
}
