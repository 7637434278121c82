package backendtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/backendtest"
	"github.com/troupedb/troupe/shardworker/postgres"
)

func TestPostgreSQL(t *testing.T) {
	for name, groupCommit := range map[string]bool{"alone": false, "group commit": true} {
		t.Run(name, func(t *testing.T) {
			open := func(t *testing.T, dsn string) shardworker.Backend {
				b, err := postgres.New(postgres.Config{DSN: dsn, GroupCommit: groupCommit})
				require.NoError(t, err)
				return b
			}
			backendtest.Run(t, backendtest.Harness{
				Statements: backendtest.PostgreSQL(),
				Open: func(t *testing.T) shardworker.Backend {
					return open(t, pgtest.Shared(t).DSN()+"&pool_max_conns=4")
				},
				Unreachable: func(t *testing.T) shardworker.Backend {
					return open(t, "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable") // nothing listens there
				},
			})
		})
	}
}
