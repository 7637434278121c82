package faulttest_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// A hook of the pool is the application's code. If it panics, that is an error of the call, wherever pgxpool runs it: it
// costs neither the process nor a place in the pool.
//
// The test runs in a process of its own, so that the others go on if it doesn't hold.
func TestPanickingHook(t *testing.T) {
	const inChild = "TROUPE_FAULTTEST_HOOK"
	if os.Getenv(inChild) == "" {
		child := exec.CommandContext(within(t, limit), os.Args[0], "-test.run=^TestPanickingHook$", "-test.v")
		child.Env = append(os.Environ(), inChild+"=1")
		said, err := child.CombinedOutput()
		require.NoError(t, err, "%s", said)
		return
	}
	db := pgtest.Shared(t)
	for name, set := range map[string]func(cfg *pgxpool.Config, fail func()){
		"BeforeConnect": func(cfg *pgxpool.Config, fail func()) {
			cfg.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { fail(); return nil }
		},
		"AfterConnect": func(cfg *pgxpool.Config, fail func()) {
			cfg.AfterConnect = func(context.Context, *pgx.Conn) error { fail(); return nil }
		},
		"PrepareConn": func(cfg *pgxpool.Config, fail func()) {
			cfg.PrepareConn = func(context.Context, *pgx.Conn) (bool, error) { fail(); return true, nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := pgxpool.ParseConfig(with(db.DSN(), "pool_max_conns=1"))
			require.NoError(t, err)
			failures := 3
			set(cfg, func() {
				if failures > 0 {
					failures--
					panic(cfg) // which prints with a password, if there is one
				}
			})
			backend, err := postgres.New(postgres.Config{Pool: cfg})
			require.NoError(t, err)
			troupe := over(t, shardworker.Shard{ID: "s0", Backend: backend}, sqliteMemory(t, "s1"))
			ctx := coordinator.OnShard(within(t, limit), "s0")
			for failures > 0 {
				_, err := troupe.Exec(ctx, "select 1")
				require.ErrorIs(t, err, messages.ErrPanic)
				assert.NotContains(t, err.Error(), "postgres://")
				assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown, "nothing was sent")
			}
			assert.EqualValues(t, 1, number(t, troupe, "s0", "select 1"))
		})
	}
}
