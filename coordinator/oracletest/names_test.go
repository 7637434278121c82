package oracletest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/oracletest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// TestAgreeWithNames is TestAgree for shards that are all in one database, each with a prefix of its own: what they answer, and what
// their columns are called, is what the one database without names says.
func TestAgreeWithNames(t *testing.T) {
	for _, form := range []struct {
		dialect     messages.Dialect
		short, long int
	}{
		{messages.SQLite, 2_000, 100_000},
		{messages.PostgreSQL, 500, 50_000},
	} {
		t.Run(form.dialect.String(), func(t *testing.T) {
			t.Parallel()
			cfg := oracletest.Config{
				Dialect: form.dialect, Seed: *seed, Statements: form.short, Sizes: []int{2, 3}, Each: 1, Shrink: *shrink, Mismatches: *wrong, Spawn: spawnPrefixed,
			}
			switch {
			case *statement >= 0:
				cfg.First, cfg.Statements, cfg.Each = uint64(*statement), 1, 0
			case *count > 0:
				cfg.Statements = *count
			case long:
				cfg.Statements, cfg.Each = form.long, 0
			}
			report := oracletest.Run(t, cfg)
			t.Log(report)
			for _, m := range report.Mismatches {
				t.Error(m)
			}
			require.Less(t, report.Invalid, max(2, cfg.Statements*3/100))
			if cfg.Statements >= 500 {
				require.Less(t, report.RefusalRate(), refusalCeiling)
			}
		})
	}
}

// prefixed is a troupe whose shards are all in one database.
type prefixed struct {
	*coordinator.Troupe
	backend shardworker.Backend
	made    bool // the schema that they share
}

// spawnPrefixed puts all shards into the first one's database.
func spawnPrefixed(ctx context.Context, cfg coordinator.Config) (oracletest.Database, error) {
	var backend shardworker.Backend
	var err error
	if dsn := string(cfg.Shards[0].DSN); strings.HasPrefix(dsn, "sqlite:") {
		backend, err = sqlite.New(sqlite.Config{Mode: sqlite.Memory})
	} else {
		backend, err = postgres.New(postgres.Config{DSN: strings.Replace(dsn, "pool_max_conns=2", "pool_max_conns=6", 1)})
	}
	if err != nil {
		return nil, err
	}
	for i := range cfg.Shards {
		cfg.Shards[i].DSN, cfg.Shards[i].Backend = "", backend
		cfg.Shards[i].Names.Prefix = fmt.Sprintf("Shard%d_", i)
	}
	troupe, err := coordinator.Spawn(ctx, cfg)
	return &prefixed{Troupe: troupe, backend: backend}, err
}

// Exec makes what isn't translated, the schema and the enum, on the database itself, and once.
func (p *prefixed) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if oracletest.Pinned(ctx) && strings.HasPrefix(sql, "drop schema") {
		parts := strings.SplitN(sql, "; ", 4)
		if !p.made {
			p.made = true
			if _, err := p.backend.(*postgres.Backend).Pool().Exec(ctx, strings.Join(parts[:3], "; ")); err != nil {
				return pgconn.CommandTag{}, err
			}
		}
		sql = parts[3]
	}
	return p.Troupe.Exec(ctx, sql, args...)
}
