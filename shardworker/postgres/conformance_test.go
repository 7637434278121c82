package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/backendtest"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// TestConformanceWithGroupCommit is the suite with the option that adds a lane and shares transactions.
func TestConformanceWithGroupCommit(t *testing.T) {
	backendtest.Run(t, backendtest.Harness{
		Statements: backendtest.PostgreSQL(),
		Open: func(t *testing.T) shardworker.Backend {
			b, err := postgres.New(postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=4", GroupCommit: true})
			require.NoError(t, err)
			return b
		},
	})
}
