package backendtest_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/backendtest"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// The lanes of SQLite.
const (
	readers = iota
	writer
)

func TestSQLite(t *testing.T) {
	for name, config := range map[string]func(t *testing.T) sqlite.Config{
		"file": func(t *testing.T) sqlite.Config {
			return sqlite.Config{Path: filepath.Join(t.TempDir(), "conformance.db")}
		},
		"rollback journal": func(t *testing.T) sqlite.Config {
			return sqlite.Config{Path: filepath.Join(t.TempDir(), "conformance.db"), Journal: "DELETE", Readers: 1}
		},
		"memory": func(*testing.T) sqlite.Config { return sqlite.Config{Mode: sqlite.Memory} },
	} {
		t.Run(name, func(t *testing.T) {
			backendtest.Run(t, backendtest.Harness{
				Statements: backendtest.SQLite(),
				Lanes: []backendtest.LaneCase{
					{SQL: "select 1", WantRows: true, Lane: readers},
					{SQL: "with x as (select 1) select * from x", WantRows: true, Lane: readers},
					{SQL: "insert into t values (1) returning a", WantRows: true, Lane: writer},
					{SQL: "begin immediate", Lane: writer},
					{SQL: "pragma user_version = 1", Lane: writer},
				},
				Open: func(t *testing.T) shardworker.Backend {
					b, err := sqlite.New(config(t))
					require.NoError(t, err)
					return b
				},
				Unreachable: func(t *testing.T) shardworker.Backend {
					b, err := sqlite.New(sqlite.Config{Path: filepath.Join(t.TempDir(), "missing", "no.db")})
					require.NoError(t, err)
					return b
				},
			})
		})
	}
}
