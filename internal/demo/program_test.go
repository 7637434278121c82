package demo_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ids = []messages.ShardID{"left", "right"}

// program plays play on two files.
func program(play func(context.Context, *demo.Stage) error) demo.Program {
	return demo.Program{
		Name: "trial", Usage: "trial is for a test.\n", Shards: ids,
		Configure: func(_ context.Context, s *demo.Stage) (coordinator.Config, error) {
			return coordinator.Config{Shards: s.Databases(), Logger: s.Log, Echo: s.Echo}, nil
		},
		Play: play,
	}
}

func run(t *testing.T, p demo.Program, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = p.Run(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

func TestStatusSaysWhatHappened(t *testing.T) {
	for name, c := range map[string]struct {
		play           func(context.Context, *demo.Stage) error
		status         int
		stdout, stderr string
	}{
		"all holds": {func(_ context.Context, s *demo.Stage) error {
			demo.Check(s.Report, "sum", 1+1, 2)
			return nil
		}, demo.Succeeded, "ok    sum: 2\n\n2 shards (SQLite, SQLite): 1 assertions hold, 0 fail; ", ""},
		"an assertion fails": {func(_ context.Context, s *demo.Stage) error {
			demo.Check(s.Report, "list", []int{1}, []int{2})
			demo.Check(s.Report, "nothing", []int(nil), nil)
			return nil
		}, demo.Failed, "FAIL  list: [1], not [2]\nok    nothing: []\n\n2 shards (SQLite, SQLite): 1 assertions hold, 1 fail; ", ""},
		"a step fails": {func(ctx context.Context, s *demo.Stage) error {
			return s.Take(ctx,
				func(context.Context) error { s.Printf("first\n"); return nil },
				func(context.Context) error { return errors.New("too cold") },
				func(context.Context) error { s.Printf("third\n"); return nil })
		}, demo.Failed, "first\n\n2 shards (SQLite, SQLite): 0 assertions hold, 0 fail; ", "trial: too cold\n"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := run(t, program(c.play))
			require.Equal(t, c.status, status)
			require.Contains(t, stdout, "shard left           SQLite\nshard right          SQLite\n"+c.stdout)
			require.Equal(t, c.stderr, stderr)
		})
	}
}

func TestDirectoryIsRemoved(t *testing.T) {
	var dir string
	status, _, _ := run(t, program(func(ctx context.Context, s *demo.Stage) error {
		dir = s.Dir
		_, err := s.Troupe.Exec(coordinator.AllShards(ctx), "create table t (n integer)")
		return err
	}))
	require.Equal(t, demo.Succeeded, status)
	require.NotEmpty(t, dir)
	_, err := os.Stat(dir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestExplainAndEcho(t *testing.T) {
	p := program(func(ctx context.Context, s *demo.Stage) error {
		ctx = coordinator.OnShard(ctx, "left")
		if err := s.Explain(ctx, "select 1"); err != nil {
			return err
		}
		_, err := s.Troupe.Exec(ctx, "select 2")
		return err
	})
	_, stdout, stderr := run(t, p)
	require.NotContains(t, stdout, "select 1")
	require.Empty(t, stderr)
	_, stdout, stderr = run(t, p, "-explain", "-echo")
	require.Contains(t, stdout, "select 1")
	require.Contains(t, stderr, "select 2")
	require.NotContains(t, stderr, "select 1", "nothing is run for a plan")
}

// A backend that was opened for a troupe that there won't be is closed: goleak and the file's removal would show it.
func TestBackendsAreClosedWhenThereIsNoTroupe(t *testing.T) {
	p := program(nil)
	var backend shardworker.Backend
	p.Configure = func(_ context.Context, s *demo.Stage) (cfg coordinator.Config, err error) {
		backend, err = sqlite.New(sqlite.Config{Mode: sqlite.Memory})
		for _, id := range ids {
			cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: backend})
		}
		return cfg, err
	}
	status, _, stderr := run(t, p)
	require.Equal(t, demo.Misused, status)
	require.Contains(t, stderr, "one database")
	_, err := backend.Acquire(t.Context(), 0)
	require.ErrorIs(t, err, messages.ErrClosed)
}

func TestAProgramsOwnFlags(t *testing.T) {
	p := program(func(context.Context, *demo.Stage) error { return nil })
	n := 0
	p.Flags = func(f *flag.FlagSet) { f.IntVar(&n, "n", 1, "a `number`") }
	p.Accept = func(*demo.Stage) error {
		if n < 0 {
			return errors.New("-n: at least 0")
		}
		return nil
	}
	status, _, _ := run(t, p, "-n", "7")
	require.Equal(t, demo.Succeeded, status)
	require.Equal(t, 7, n)
	status, _, stderr := run(t, p, "-n", "-1")
	require.Equal(t, demo.Misused, status)
	require.Equal(t, "trial: -n: at least 0 (-h explains the flags)\n", stderr)
	status, _, stderr = run(t, p, "-h")
	require.Equal(t, demo.Succeeded, status)
	require.Contains(t, stderr, "trial is for a test.\n")
	require.Contains(t, stderr, "-n number")
}

func TestOneDatabase(t *testing.T) {
	p := program(func(context.Context, *demo.Stage) error { return nil })
	p.OneDatabase = true
	var dsn shardworker.DSN
	p.Accept = func(s *demo.Stage) error { dsn = s.DSN; return nil }
	status, _, _ := run(t, p, "-dsn", "sqlite:a=b")
	require.Equal(t, demo.Succeeded, status)
	require.Equal(t, "sqlite:a=b", string(dsn))
	status, _, stderr := run(t, p, "-dsn", "sqlite:a", "-dsn", "sqlite:b")
	require.Equal(t, demo.Misused, status)
	require.Contains(t, stderr, "one URL at most")
}
