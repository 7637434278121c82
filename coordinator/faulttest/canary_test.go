package faulttest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// canary is a password that must never show, in whole or in its second half, which is what is left of it where a DSN is
// cut at the wrong place.
const (
	canary = "kanarien@vogel"
	half   = "vogel"
)

var escaped = strings.ReplaceAll(canary, "@", "%40")

// requireNoCanary checks all that is said about value, however it is said.
func requireNoCanary(t testing.TB, what string, value any) {
	t.Helper()
	said := sayings(value)
	if err, ok := value.(error); ok {
		for cause := err; cause != nil; cause = errors.Unwrap(cause) {
			said += fmt.Sprintf("%v %+v %#v\n", cause, cause, cause)
		}
		var connect *pgconn.ConnectError
		if errors.As(err, &connect) {
			said += fmt.Sprintf("%+v\n", *connect.Config)
		}
	}
	requireUnsaid(t, what, said)
}

// sayings returns what is printed, logged and encoded of value.
func sayings(value any) string {
	var said bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&said, verb+"\n", value)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&said, nil), slog.NewJSONHandler(&said, nil)} {
		slog.New(h).Error("said", "value", value, slog.Group("group", "value", value))
	}
	if _, ok := value.(error); !ok { // encoding one would look into pgx's innermost, where its goroutines are at work
		if encoded, err := json.Marshal(value); err == nil {
			said.Write(encoded)
		}
	}
	return said.String()
}

func requireUnsaid(t testing.TB, what, said string) {
	t.Helper()
	hex := fmt.Sprintf("%x", half)
	for line := range strings.Lines(said) {
		if strings.Contains(line, half) || strings.Contains(line, hex) {
			require.Fail(t, "the password shows in "+what, line)
		}
	}
}

func TestPasswordNeverShowsWhatSpawnSays(t *testing.T) {
	for _, dsn := range []string{
		"postgres://app:" + canary + "@127.0.0.1/db", // the @ isn't escaped
		"postgres://app:" + escaped + "@127.0.0.1:notaport/db",
		"postgres://app:" + escaped + "@127.0.0.1:99999999/db",
		"postgres://app:" + canary + "@[::1/db",
		"postgres://app:" + canary + "%zz@127.0.0.1/db",
		"postgres://app:" + escaped + "@127.0.0.1/db?sslmode=nonsense",
		"postgres://app:" + escaped + "@127.0.0.1/db?connect_timeout=nonsense",
		"postgres://app:" + escaped + "@127.0.0.1/db?pool_max_conns=nonsense",
		"postgres://app:" + escaped + "@127.0.0.1/db?pool_max_conns=0",
		"postgres://app:" + escaped + "@127.0.0.1/db?default_query_exec_mode=nonsense",
		"postgres://app:" + escaped + "@127.0.0.1/db?sslmode=verify-full&sslrootcert=/does/not/exist",
		"postgres://app:" + escaped + "@127.0.0.1/db?target_session_attrs=" + half,
		"postgres://app@127.0.0.1/db?password=" + escaped + "&port=x",
		"postgresql:app:" + canary + "@127.0.0.1",
		"host=127.0.0.1 user=app password=" + canary + " port=x",
		"host=127.0.0.1 user=app password='" + canary + " dbname=db",
		"host=127.0.0.1 user=app password=\\" + canary + " 'dbname",
		"user=app password=" + canary + " sslmode=" + half,
		"mysql://app:" + canary + "@127.0.0.1/db",
		"app:" + canary + "@tcp(127.0.0.1)/db",
		canary,
		"sqlite://app:" + canary + "@host",
		"sqlite:f?" + half + "=%zz",
	} {
		var log recorder
		cfg := coordinator.Config{
			Shards: []shardworker.Shard{{ID: "s0", DSN: shardworker.DSN(dsn)}, {ID: "s0", DSN: shardworker.DSN(dsn)}},
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		}
		requireNoCanary(t, "the configuration", cfg)
		requireNoCanary(t, "a shard", cfg.Shards[0])
		requireNoCanary(t, "a pointer to a shard", &cfg.Shards[0])
		requireNoCanary(t, "a DSN", cfg.Shards[0].DSN)
		_, err := coordinator.Spawn(background(t), cfg)
		require.ErrorIs(t, err, messages.ErrInvalidConfig)
		requireNoCanary(t, "the error about a duplicate", err)
		cfg.Shards = cfg.Shards[:1]
		troupe, err := coordinator.Spawn(background(t), cfg)
		if err != nil {
			requireNoCanary(t, "the error about "+dsn[:8], err)
			continue
		}
		// pgx can make something of it. Then it can't connect.
		ctx := within(t, 2*time.Second)
		_, err = troupe.Exec(ctx, "select 1")
		assert.Error(t, err, dsn)
		requireNoCanary(t, "the error of a call", err)
		require.NoError(t, troupe.Close(within(t, limit)))
		requireUnsaid(t, "the log", log.String())
	}
	requireNoCanary(t, "a PostgreSQL configuration", postgres.Config{DSN: canary})
	requireNoCanary(t, "a pointer to one", &postgres.Config{DSN: canary})
}

func TestPasswordNeverShowsWhatCallsSay(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	require.NoError(t, c.RequirePasswords())
	require.NoError(t, c.Exec("create role app login password '"+canary+"'; create role other login password 'something else'; create table t (v text primary key, n int); grant all on t to app"))
	dsn := func(user, password string) string {
		return strings.Replace(c.TCPDSN(), "postgres@", user+":"+password+"@", 1)
	}
	unreachable := dsn("app", escaped) + "&connect_timeout=2"
	var log, echo recorder
	troupe, err := coordinator.Spawn(background(t), coordinator.Config{
		Shards: []shardworker.Shard{
			{ID: "right", DSN: shardworker.DSN(dsn("app", escaped))},
			{ID: "wrong", DSN: shardworker.DSN(dsn("other", escaped))},
			{ID: "nohost", DSN: shardworker.DSN(strings.Replace(unreachable, "127.0.0.1", "no.such.host.invalid", 1))},
			{ID: "noport", DSN: shardworker.DSN("postgres://app:" + escaped + "@127.0.0.1:1/db")},
		},
		ExecuteChooser: func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
			cfg, _ := pgx.ParseConfig(dsn("app", escaped))
			panic(cfg)
		},
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Echo:   slog.New(slog.NewJSONHandler(&echo, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	exec := func(id messages.ShardID, sql string, args ...any) error {
		_, err := troupe.Exec(coordinator.OnShard(within(t, 5*time.Second), id), sql, args...)
		requireNoCanary(t, "the error of "+string(id), err)
		return err
	}
	require.NoError(t, exec("right", "insert into t values ($1, $2)", canary, 1), "the password is right")
	err = exec("wrong", "select 1")
	require.ErrorIs(t, err, messages.ErrUnavailable)
	requireSQLState(t, err, "28P01")
	require.ErrorIs(t, exec("noport", "select 1"), messages.ErrUnavailable)
	require.Error(t, exec("nohost", "select 1"))
	_, err = troupe.Exec(background(t), "select 1", canary)
	require.ErrorIs(t, err, messages.ErrChooser)
	requireNoCanary(t, "the error about a chooser", err)

	// Arguments are no business of an error's text either. Who unwraps it to pgx's own has them already.
	for _, sql := range []string{"insert into t values ($1, $2)", "select $1::int + $2", "select $1"} {
		_, err = troupe.Exec(coordinator.OnShard(background(t), "right"), sql, struct{ A string }{canary}, canary)
		require.Error(t, err)
		requireUnsaid(t, "the error about arguments", sayings(err))
		_, err = readRows(coordinator.OnShard(background(t), "right"), troupe, sql, make(chan int), []string{canary})
		require.Error(t, err)
		requireUnsaid(t, "the error about arguments", sayings(err))
	}
	require.NoError(t, c.Kill9())
	requireNoCanary(t, "the error of a lost server", exec("right", "select 1"))
	require.NoError(t, c.StartAgain())
	require.NoError(t, exec("right", "select 1"))
	require.NoError(t, c.Freeze())
	rows := make(chan error, 1)
	go func() {
		_, err := troupe.Exec(coordinator.OnShard(background(t), "right"), "update t set n = 2")
		rows <- err
	}()
	over, cancel := context.WithCancel(context.Background())
	cancel()
	requireNoCanary(t, "the error of Close", troupe.Close(over))
	requireNoCanary(t, "the error of a call that Close ended", <-rows)
	requireNoCanary(t, "the error after Close", exec("right", "select 1"))
	require.NoError(t, c.Thaw())
	noBackends(t, c)
	_ = troupe.Close(background(t)) // the first one went on perhaps, and the second waits for it
	requireUnsaid(t, "the troupe", fmt.Sprintf("%v %+v %#v", troupe, troupe, troupe))
	for _, id := range troupe.Shards() {
		backend, err := troupe.Shard(id)
		require.NoError(t, err)
		requireUnsaid(t, "a backend", fmt.Sprintf("%v %+v %#v", backend, backend, backend))
	}
	require.NotEmpty(t, echo.String())
	requireUnsaid(t, "the log", log.String())
	requireUnsaid(t, "the echo", echo.String())
}
