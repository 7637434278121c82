package compare_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/bench/compare"
	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/internal/pgtest"
)

// TestMain is also what the comparison starts to measure memory.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == compare.Command {
		os.Exit(compare.Main(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
	}
	goleak.VerifyTestMain(pgtest.Main(m))
}

func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = compare.Main(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// TestEverythingOnce runs all experiments on small sizes, with everything that this machine has.
func TestEverythingOnce(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir) // PostgreSQL's user has to get through
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chmod(dir, 0o777))
	jsonFile, benchFile := filepath.Join(t.TempDir(), "a.json"), filepath.Join(t.TempDir(), "a.txt")
	status, stdout, stderr := run(t, "--quick", "--json", jsonFile, "--benchfmt", benchFile)
	require.Zero(t, status, stderr)
	require.Empty(t, stderr)

	file, err := os.Open(jsonFile)
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	all, err := results.Read(file)
	require.NoError(t, err)
	lines, err := os.ReadFile(benchFile)
	require.NoError(t, err)
	for i := range all.Experiments {
		e := &all.Experiments[i]
		if e.Skipped != "" {
			require.NotEqual(t, "1", os.Getenv("TROUPE_REQUIRE_POSTGRES"), "%s: %s", e.Name, e.Skipped)
			continue
		}
		for _, v := range e.Variants {
			assert.NotEmpty(t, v.Rounds, "%s of %s", v.Name, e.Name)
			assert.Contains(t, string(lines), "BenchmarkCompare/"+e.Name+"/"+v.Name+"-")
		}
		for _, g := range e.Goals {
			assert.NotEqual(t, results.Unmeasured, e.Judge(g).Mark, "%s of %s", g.Variant, e.Name)
		}
		_, part, _ := strings.Cut(e.Name, "/")
		assert.True(t, strings.Contains(stdout, e.Name) || strings.Contains(stdout, part), "%s isn't printed", e.Name)
	}
	assert.NotEmpty(t, all.Machine.SQLite)
	left, err := filepath.Glob(filepath.Join(dir, "troupe-compare-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

// TestOnAServer leaves nothing in a server that isn't ours.
func TestOnAServer(t *testing.T) {
	db := pgtest.Shared(t)
	status, stdout, stderr := run(t, "--quick", "--postgres", db.TCPDSN(), "--test", "postgres-durable-insert/1,stream-memory/postgres")
	require.Zero(t, status, stderr)
	assert.Contains(t, stdout, "troupe-group")
	left, err := db.QueryInt("select count(*) from pg_database where datname like 'troupe_compare%'")
	require.NoError(t, err)
	assert.Zero(t, left)
}

// TestOnASmallServer has no room for all pools at once.
func TestOnASmallServer(t *testing.T) {
	cluster := pgtest.Start(t, pgtest.MaxConnections(100))
	status, stdout, stderr := run(t, "--quick", "--rounds", "2", "--postgres", cluster.TCPDSN(), "--test", "postgres-point-select/64,postgres-durable-insert/64")
	require.Zero(t, status, stderr)
	assert.Contains(t, stdout, "pgxpool-64")
}

func TestUnreachableServer(t *testing.T) {
	for _, dsn := range []string{
		"postgres://somebody:secret@127.0.0.1:1/x?connect_timeout=1", "postgres://somebody:sec ret@127.0.0.1:port/x", "postgres://somebody:secret@127.0.0.1/x?pool_max_conns=secret",
	} {
		status, stdout, stderr := run(t, "--quick", "--postgres", dsn)
		assert.Equal(t, profile.Failed, status)
		assert.Contains(t, stderr, "--postgres")
		assert.NotContains(t, stderr+stdout, "secret")
		assert.NotContains(t, stderr+stdout, "sec ret")
	}
}

func TestMisuse(t *testing.T) {
	for _, test := range []struct {
		says string
		args []string
	}{
		{"there are options only", []string{"sqlite-scan"}},
		{`no experiment "sqlite-scan2"`, []string{"--test", "sqlite-scan,sqlite-scan2"}},
		{`no experiment ""`, []string{"--test", ""}},
		{`no experiment "sqlite"`, []string{"--test", "sqlite"}},
		{"--rounds: from 1", []string{"--rounds", "0"}},
		{"--rounds: from 1", []string{"--rounds", "-3", "--quick"}},
		{"--rounds: from 1", []string{"--rounds", "1001"}},
		{"rounds", []string{"--rounds", "many"}},
		{"--seconds: more than 0", []string{"--seconds", "0"}},
		{"--seconds: more than 0", []string{"--seconds", "-1"}},
		{"--seconds: more than 0", []string{"--seconds", "NaN"}},
		{"--seconds: more than 0", []string{"--seconds", "1e-12"}},
		{"--seconds: more than 0", []string{"--seconds", "3600"}},
		{"--postgres: a URL", []string{"--postgres", ""}},
		{"--postgres: a URL", []string{"--postgres", "sqlite:a.db"}},
		{"--postgres: a URL", []string{"--postgres", "host=localhost password=secret"}},
		{"a file's name", []string{"--json", ""}},
		{"a file's name", []string{"--benchfmt", ""}},
		{"different files", []string{"--json", "a", "--benchfmt", "a"}},
		{"-nonsense", []string{"--nonsense"}},
	} {
		status, stdout, stderr := run(t, test.args...)
		assert.Equal(t, profile.Misused, status, test.args)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, test.says)
		assert.NotContains(t, stderr, "secret")
	}
	status, _, stderr := run(t, "--json", filepath.Join(t.TempDir(), "no", "a.json"), "--quick", "--test", "scatter/4")
	assert.Equal(t, profile.Failed, status)
	assert.Contains(t, stderr, "--json")
	status, _, stderr = run(t, "-h")
	assert.Zero(t, status)
	assert.Contains(t, stderr, "-rounds")
}

func TestList(t *testing.T) {
	status, stdout, stderr := run(t, "--list", "--test", "scatter,postgres-point-select/64")
	require.Zero(t, status, stderr)
	var names []string
	for line := range strings.Lines(stdout) {
		name, _, _ := strings.Cut(line, " : ")
		names = append(names, name)
	}
	assert.Equal(t, []string{"postgres-point-select/64", "scatter/4", "scatter/64", "scatter/1000"}, names)

	_, all, _ := run(t, "--list")
	_, small, _ := run(t, "--list", "--quick")
	first := func(text string) (names []string) {
		for line := range strings.Lines(text) {
			name, _, _ := strings.Cut(line, " : ")
			names = append(names, name)
		}
		return names
	}
	assert.Equal(t, first(all), first(small), "an experiment has one name, whatever the sizes")
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(first(all)))), strings.Count(all, "\n"), "names are unique")
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	assert.Equal(t, profile.Failed, compare.Main(ctx, []string{"--quick", "--test", "sqlite-scan,scatter"}, &out, &errs))
	assert.Contains(t, errs.String(), "interrupted")
	assert.NotContains(t, out.String(), "scatter", "the rest isn't begun")
}
