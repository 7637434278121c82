package postgres_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

const canary = "canary-8472"

// shown is v as every verb, encoder and logger shows it. %p isn't among them: for what is no pointer it is a mistake (vet
// says so), and fmt then prints all fields without asking the value.
func shown(v any) string {
	var b bytes.Buffer
	for _, verb := range "vsqxXdtTbcoOUeEfFgG" {
		for _, flag := range []string{"", "+", "#", " "} {
			fmt.Fprintf(&b, "%"+flag+string(verb)+"\n", v)
		}
	}
	text, _ := json.Marshal(v)
	b.Write(text)
	slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "v", v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "v", v)
	return b.String()
}

func assertClean(t *testing.T, v any, hint string) {
	t.Helper()
	text := shown(v)
	for _, secret := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		assert.False(t, strings.Contains(text, secret), hint)
	}
	if err, ok := v.(error); ok {
		for ; err != nil; err = unwrap(err) {
			assert.False(t, strings.Contains(shown(err), canary), hint)
		}
		var connect *pgconn.ConnectError
		if ok := asConnect(v.(error), &connect); ok {
			assert.NotContains(t, connect.Config.Password, canary, hint)
		}
	}
}

func unwrap(err error) error {
	u, ok := err.(interface{ Unwrap() error })
	if !ok {
		return nil
	}
	return u.Unwrap()
}

func asConnect(err error, target **pgconn.ConnectError) bool {
	for ; err != nil; err = unwrap(err) {
		if c, ok := err.(*pgconn.ConnectError); ok {
			*target = c
			return true
		}
	}
	return false
}

func TestNoPasswordAnywhere(t *testing.T) {
	for _, dsn := range []string{
		"postgres://me:" + canary + "@h:port/db",
		"postgres://me:" + canary + "@h/db?connect_timeout=soon",
		"postgres://me:" + canary + "@h/db?pool_max_conns=none",
		"postgres://me:" + canary + "/x@h/db",
		"postgres://me:x@" + canary + "@h/db",
		"postgres://me@h:" + canary + "/db",
		"postgres://me:%zz" + canary + "@h/db",
		"postgres://h/db?pass%77ord=" + canary + "&sslmode=" + canary,
		"host=h password=" + canary + " port=x",
		"host=h password='" + canary,
		"host=h password = '" + canary + "' sslmode=what",
		"password `: " + canary,
		"pass word=" + canary,
		canary,
	} {
		b, err := postgres.New(postgres.Config{DSN: dsn})
		require.ErrorIs(t, err, messages.ErrInvalidConfig, dsn)
		assert.Nil(t, b)
		assertClean(t, err, dsn)
		assertClean(t, postgres.Config{DSN: dsn}, dsn)
		assertClean(t, &postgres.Config{DSN: dsn}, dsn)
		assertClean(t, []postgres.Config{{DSN: dsn}}, dsn)
		assertClean(t, map[string]any{"c": struct{ C postgres.Config }{postgres.Config{DSN: dsn}}}, dsn)
	}

	cfg, err := pgxpool.ParseConfig("host=/nowhere user=me dbname=x password=" + canary)
	require.NoError(t, err)
	assertClean(t, postgres.Config{Pool: cfg}, "pool")
	b := open(t, postgres.Config{Pool: cfg})
	assertClean(t, b, "backend")
	_, err = b.Acquire(background(t), 0)
	require.ErrorIs(t, err, messages.ErrUnavailable)
	assertClean(t, err, "connect")
	assert.Equal(t, canary, cfg.ConnConfig.Password, "the caller's configuration is as it was")
}

func TestNoPasswordAfterAuthenticationFailed(t *testing.T) {
	cluster := pgtest.Start(t)
	require.NoError(t, cluster.Exec(`create user me password 'right'`))
	require.NoError(t, cluster.RequirePasswords())
	dsn := strings.Replace(cluster.TCPDSN(), "postgres@", "me:"+canary+"@", 1)
	b := open(t, postgres.Config{DSN: dsn})
	_, err := b.Acquire(background(t), 0)
	require.ErrorIs(t, err, messages.ErrUnavailable)
	assert.Equal(t, "28P01", sqlState(err))
	assertClean(t, err, "authentication")
	ok := open(t, postgres.Config{DSN: strings.Replace(dsn, canary, "right", 1)})
	exec(t, ok, `select 1`)
}

func TestConfigIsChecked(t *testing.T) {
	parsed, err := pgxpool.ParseConfig("host=h")
	require.NoError(t, err)
	for name, cfg := range map[string]postgres.Config{
		"none":             {},
		"two":              {DSN: "host=h", Pool: parsed},
		"not parsed":       {Pool: &pgxpool.Config{}},
		"half parsed":      {Pool: &pgxpool.Config{ConnConfig: parsed.ConnConfig}},
		"negative cap":     {DSN: "host=h", MaxRowBytes: -1},
		"negative timeout": {DSN: "host=h", ConnectTimeout: -1},
		"nothing to close": {DSN: "host=h", CloseExisting: true},
	} {
		_, err := postgres.New(cfg)
		assert.ErrorIs(t, err, messages.ErrInvalidConfig, name)
	}
	b := open(t, postgres.Config{DSN: "host=h pool_max_conns=7"})
	assert.Equal(t, []int{7}, b.Lanes())
	assert.Equal(t, 0, b.Lane(`select 1`, true))
	assert.Equal(t, messages.PostgreSQL, b.Dialect())
	assert.True(t, b.Prompt())
}
