package postgres_test

import (
	"context"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker/postgres"
)

func TestLocation(t *testing.T) {
	t.Setenv("PGPORT", "")
	t.Setenv("PGUSER", "u")
	for want, dsns := range map[string][]string{
		"postgres://db.example.com:5432/app?user=u": {
			"postgres://u:" + canary + "@DB.example.com/app", "postgresql://db.example.com:5432/app?pool_max_conns=3&sslmode=disable",
			"host=db.example.com dbname=app user=u password=" + canary, "host=Db.Example.com port=5432 dbname=app connect_timeout=3",
			"host=db.example.com database=app sslmode=prefer", "host=db.example.com dbname=app user=u",
		},
		"postgres://db.example.com:6432/app?user=u":    {"postgres://db.example.com:6432/app"},
		"postgres://db.example.com:5432/App?user=u":    {"postgres://db.example.com/App"},
		"postgres:///run/Pg:5432/app?user=u":           {"host=/run/Pg dbname=app", "postgres:///app?host=/run/Pg/"},
		"postgres://a:5432,b:6432/app?user=u":          {"postgres://a:5432,b:6432/app", "host=b,a port=6432,5432 dbname=app"},
		"postgres://[::1]:5432/app?user=u":             {"postgres://[::1]/app", "host=::1 dbname=app"},
		"postgres://h:5432/u?user=u":                   {"host=h", "postgres://u@h"},
		"postgres://h:5432/app?user=other":             {"postgres://other@h/app"},
		"postgres://h:5432/app?user=u&search_path=one": {"postgres://h/app?search_path=one", "host=h dbname=app search_path=one"},
	} {
		for _, dsn := range dsns {
			b := open(t, postgres.Config{DSN: dsn})
			assert.Equal(t, want, b.Location(), dsn)
			cfg, err := pgxpool.ParseConfig(dsn)
			require.NoError(t, err)
			assert.Equal(t, want, open(t, postgres.Config{Pool: cfg}).Location(), dsn)
			pool, err := pgxpool.NewWithConfig(context.Background(), cfg)
			require.NoError(t, err)
			assert.Equal(t, want, open(t, postgres.Config{Existing: pool, CloseExisting: true}).Location(), dsn)
		}
	}
}

func TestLocationThatOnlyAHookKnows(t *testing.T) {
	for name, change := range map[string]func(*pgxpool.Config){
		"hook": func(cfg *pgxpool.Config) {
			cfg.BeforeConnect = func(context.Context, *pgx.ConnConfig) error { return nil }
		},
		"dialer": func(cfg *pgxpool.Config) {
			cfg.ConnConfig.DialFunc = func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
		},
	} {
		cfg, err := pgxpool.ParseConfig("host=h dbname=d")
		require.NoError(t, err)
		change(cfg)
		assert.Empty(t, open(t, postgres.Config{Pool: cfg}).Location(), name)
	}
}
