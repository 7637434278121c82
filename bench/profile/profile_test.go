package profile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

const secret = "canary-51d0" // stands for a password: no run may print it

func run(t *testing.T, ctx context.Context, args []string, suites ...*profile.Profiler) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	t.Setenv("TMPDIR", t.TempDir())
	status = profile.Run(ctx, "bench", args, &out, &errs, suites...)
	t.Logf("status %d\n%s%s", status, &out, &errs)
	require.NotContains(t, out.String()+errs.String(), secret)
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	require.NoError(t, err)
	for _, entry := range left {
		require.Contains(t, entry.Name(), "go-build", "a file is left")
	}
	return status, out.String(), errs.String()
}

// counting is a suite whose tests add up numbers, and which notes what is called.
func counting(calls *[]string) *profile.Profiler {
	note := func(call string) profile.Func {
		return func(context.Context, *profile.Stage) error {
			*calls = append(*calls, call)
			return nil
		}
	}
	p := profile.Init("counting", "Ways to count.", 1_000)
	p.SetupOnce(note("once"))
	p.Setup(note("setup"))
	p.Profile("test_loop", "Count one by one.", func(ctx context.Context, s *profile.Stage) error {
		*calls = append(*calls, "loop")
		return s.Split(ctx, func(_ context.Context, first, count int) error {
			var a profile.Answer
			for i := first; i < first+count; i++ {
				a.Add(int64(i), "x")
			}
			s.Answer(a)
			return nil
		})
	})
	p.Profile("test_everybody", "Everybody counts.", func(ctx context.Context, s *profile.Stage) error {
		*calls = append(*calls, "everybody")
		return s.Everybody(ctx, func(context.Context) error {
			var a profile.Answer
			for i := range s.N {
				a.Add(int64(i), "x")
			}
			s.Answer(a)
			return nil
		})
	})
	p.Check(func(_ context.Context, s *profile.Stage, test string, got profile.Answer) error {
		*calls = append(*calls, "check "+test)
		var want profile.Answer
		for i := range s.N {
			want.Add(int64(i), "x")
		}
		if test == "test_everybody" {
			want = want.Times(s.Clients)
		}
		return got.Want(want)
	})
	return p
}

// other is a second suite, so that one has to be named.
func other() *profile.Profiler {
	p := profile.Init("other", "Nothing much.", 7)
	p.Profile("test_nothing", "Do nothing.", func(context.Context, *profile.Stage) error { return nil })
	return p
}

func suites() []*profile.Profiler {
	var calls []string
	return []*profile.Profiler{counting(&calls), other()}
}

var numbers = []struct {
	pattern *regexp.Regexp
	mask    string
}{
	{regexp.MustCompile(`"(seconds|cpu_seconds|allocations|bytes|collections)":[\d.e+-]+`), `"$1":#`},
	{regexp.MustCompile(`\d+\.\d{6}`), "#"},
	{regexp.MustCompile(`allocations \d+`), "allocations #"},
	{regexp.MustCompile(`from \d+ to \d+`), "from # to #"},
	{regexp.MustCompile(`gc: \d+ collections, paused [\d.]+ ms; \d+ allocations of [\d.]+ MiB; [\d.]+ MiB`), "gc: # collections, paused # ms; # allocations of # MiB; # MiB"},
	{regexp.MustCompile(`[\d.]+ (ns/op|cpu-ns/op|B/op|allocs/op)`), "# $1"},
	{regexp.MustCompile(`clients=(\d+)-\d+`), "clients=$1-#"},
	{regexp.MustCompile(`(goos|goarch): \S+`), "$1: #"},
}

func masked(text string) string {
	for _, n := range numbers {
		text = n.pattern.ReplaceAllString(text, n.mask)
	}
	return text
}

func TestOutput(t *testing.T) {
	for name, line := range map[string]string{
		"plain":    "counting",
		"tests":    "counting --test test_everybody --num 10",
		"clients":  "counting --clients 3 --num=10",
		"runs":     "counting --runs 3 --test test_loop",
		"profile":  "--profile counting",
		"profiles": "--profile counting --runs=2",
		"gc":       "counting --gc --runs 2",
		"json":     "--json counting --shards 2 --clients 2 --runs 2 --num 10",
		"benchfmt": "--benchfmt counting --shards 2 --clients 2 --runs 2",
		"list":     "--list",
		"listone":  "--list counting --test test_loop",
		"nosetup":  "other",
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := run(t, t.Context(), strings.Fields(line), suites()...)
			require.Equal(t, profile.Succeeded, status)
			require.Empty(t, stderr)
			path := filepath.Join("testdata", name+".golden")
			if *update {
				require.NoError(t, os.WriteFile(path, []byte(masked(stdout)), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(want), masked(stdout))
		})
	}
}

func TestOrderOfCalls(t *testing.T) {
	var calls []string
	status, _, _ := run(t, t.Context(), []string{"--runs", "2", "--test", "test_everybody", "--test", "test_loop,test_loop"}, counting(&calls))
	require.Zero(t, status)
	loop, everybody := []string{"setup", "loop", "check test_loop"}, []string{"setup", "everybody", "check test_everybody"}
	want := []string{"once"}
	for _, part := range [][]string{loop, loop, everybody, everybody} {
		want = append(want, part...)
	}
	require.Equal(t, want, calls)
}

func TestJSONHasWhatWasFound(t *testing.T) {
	_, stdout, _ := run(t, t.Context(), strings.Fields("--json counting --num 10 --clients 4 --test test_everybody"), suites()...)
	var got struct {
		Shards []string
		Runs   []struct {
			Operations, Rows int
			Sum              string
			Seconds          float64
		}
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &got))
	require.Equal(t, []string{"SQLite"}, got.Shards)
	require.Len(t, got.Runs, 1)
	require.Equal(t, 40, got.Runs[0].Operations)
	require.Equal(t, 40, got.Runs[0].Rows)
	require.Len(t, got.Runs[0].Sum, 16)
	require.Positive(t, got.Runs[0].Seconds)
}

func TestMisuse(t *testing.T) {
	postgres := "postgres://user:" + secret + "@host/db"
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no suite":          {nil, "which suite? There are counting, other"},
		"unknown suite":     {[]string{"counted"}, "no suite is called that; there are counting, other"},
		"two suites":        {[]string{"counting", "other"}, "one suite at a time"},
		"URL as suite":      {[]string{postgres}, "no suite is called that"},
		"unknown test":      {[]string{"counting", "--test", "test_loop,test_lop"}, `counting has no "test_lop"; it has test_loop, test_everybody`},
		"unknown option":    {[]string{"counting", "--fast"}, "-fast"},
		"unknown sort":      {[]string{"counting", "--sort", "names"}, "--sort: cumulative or tottime"},
		"num":               {[]string{"counting", "--num", "0"}, "--num: at least 1"},
		"num is no number":  {[]string{"counting", "--num", "many"}, "many"},
		"shards":            {[]string{"counting", "--shards", "0"}, "--shards: at least 1"},
		"clients":           {[]string{"counting", "--clients", "-1"}, "--clients: at least 1"},
		"runs":              {[]string{"counting", "--runs", "0"}, "--runs: at least 1"},
		"raw":               {[]string{"counting", "--raw", ""}, "--raw: a file's name"},
		"two formats":       {[]string{"counting", "--json", "--benchfmt"}, "--json or --benchfmt, not both"},
		"format and dump":   {[]string{"counting", "--json", "--dump"}, "no --dump"},
		"format and gc":     {[]string{"counting", "--benchfmt", "--gc"}, "--gc"},
		"no URL":            {[]string{"counting", "--dburl", ""}, "--dburl: the URL is empty"},
		"no database's URL": {[]string{"counting", "--dburl", "mysql://user:" + secret + "@host/db"}, "--dburl no. 1: neither postgres://… nor sqlite:…"},
		"the same twice":    {[]string{"counting", "--dburl", postgres, "--dburl", postgres}, "--dburl no. 2: each shard needs a database of its own"},
		"fewer URLs":        {[]string{"counting", "--dburl", postgres, "--shards", "2"}, "--shards 2 needs as many --dburl, and there are 1"},
		"broken SQLite":     {[]string{"counting", "--dburl", "sqlite:x?colour=" + secret}, "config"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := run(t, t.Context(), c.args, suites()...)
			require.Equal(t, profile.Misused, status)
			require.Empty(t, stdout)
			require.True(t, strings.HasPrefix(stderr, "bench: "))
			require.Equal(t, 1, strings.Count(stderr, "\n"))
			require.Contains(t, stderr, c.want)
		})
	}
}

func TestSuitesThatAreWrittenWrongly(t *testing.T) {
	named := func(suite string, num int, tests ...string) *profile.Profiler {
		p := profile.Init(suite, "", num)
		for _, test := range tests {
			p.Profile(test, "", func(context.Context, *profile.Stage) error { return nil })
		}
		return p
	}
	nothing := profile.Init("a", "", 1)
	nothing.Profile("b", "", nil)
	for want, suites := range map[string][]*profile.Profiler{
		"there are no suites":        nil,
		"the suite's name \"a b\"":   {named("a b", 1, "x")},
		"two suites are called a":    {named("a", 1, "x"), named("a", 1, "x")},
		"a: its default number is 0": {named("a", 0, "x")},
		"a: it has no tests":         {named("a", 1)},
		"a: the test's name \"x,y\"": {named("a", 1, "x,y")},
		"a: two tests are called x":  {named("a", 1, "x", "y", "x")},
		"a: b is nil":                {nothing},
	} {
		status, _, stderr := run(t, t.Context(), nil, suites...)
		require.Equal(t, profile.Misused, status)
		require.Contains(t, stderr, want)
	}
}

func TestHelp(t *testing.T) {
	status, stdout, stderr := run(t, t.Context(), []string{"--help"}, suites()...)
	require.Equal(t, profile.Succeeded, status)
	require.Empty(t, stdout)
	for _, word := range []string{
		"drops", "counting", "other", "-test", "-dburl", "-num", "-profile", "-sort", "-dump", "-raw", "-callers", "-gc",
		"-echo", "-list", "-shards", "-clients", "-runs", "-json", "-benchfmt",
	} {
		require.Contains(t, stderr, word)
	}
}

// failing is a suite whose setups, first test or check fails.
func failing(once, setup, test, check error) *profile.Profiler {
	just := func(err error) profile.Func { return func(context.Context, *profile.Stage) error { return err } }
	p := profile.Init("failing", "", 1)
	p.SetupOnce(just(once))
	p.Setup(just(setup))
	p.Profile("test_first", "The first.", just(test))
	p.Profile("test_second", "The second.", just(nil))
	p.Check(func(_ context.Context, _ *profile.Stage, name string, _ profile.Answer) error {
		if name == "test_first" {
			return check
		}
		return nil
	})
	return p
}

func TestFailures(t *testing.T) {
	bad := errors.New("too cold")
	for name, c := range map[string]struct {
		suite          *profile.Profiler
		stdout, stderr string
	}{
		"once":  {failing(bad, nil, nil, nil), "Running setup once...\n", "bench: failing: setup once: too cold\n"},
		"setup": {failing(nil, bad, nil, nil), "test_first, test_second\n", "bench: failing: test_first: setup: too cold\nbench: failing: test_second: setup: too cold\n"},
		"test":  {failing(nil, nil, bad, nil), "test_second : The second. (1 iterations)", "bench: failing: test_first: too cold\n"},
		"check": {failing(nil, nil, nil, bad), "test_second : The second. (1 iterations)", "bench: failing: test_first: too cold\n"},
	} {
		t.Run(name, func(t *testing.T) {
			status, stdout, stderr := run(t, t.Context(), nil, c.suite)
			require.Equal(t, profile.Failed, status)
			require.Contains(t, stdout, c.stdout)
			require.NotContains(t, stdout, "test_first :")
			require.Equal(t, c.stderr, stderr)
		})
	}
}

func TestPanicIsAFailure(t *testing.T) {
	p := profile.Init("panics", "", 1)
	p.Profile("test_panic", "", func(context.Context, *profile.Stage) error { panic("ouch") })
	status, _, stderr := run(t, t.Context(), nil, p)
	require.Equal(t, profile.Failed, status)
	require.Contains(t, stderr, "panics: test_panic: panic: ouch")
	require.Contains(t, stderr, "profile_test.go")
}

func TestOneClientsErrorEndsTheOthers(t *testing.T) {
	bad := errors.New("too cold")
	p := profile.Init("clients", "", 3)
	p.Profile("test_split", "", func(ctx context.Context, s *profile.Stage) error {
		return s.Split(ctx, func(ctx context.Context, first, _ int) error {
			if first == 1 {
				return bad
			}
			<-ctx.Done()
			return ctx.Err()
		})
	})
	status, _, stderr := run(t, t.Context(), []string{"--clients", "3"}, p)
	require.Equal(t, profile.Failed, status)
	require.Equal(t, "bench: clients: test_split: too cold\n", stderr)
}

func TestInterruptEndsTheTestThatRuns(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := profile.Init("endless", "", 1)
	closed := false
	p.SetupOnce(func(ctx context.Context, s *profile.Stage) error {
		s.Defer(func() error { closed = true; return nil })
		return s.Spawn(ctx, coordinator.Config{})
	})
	for _, name := range []string{"test_one", "test_two"} {
		p.Profile(name, "", func(ctx context.Context, _ *profile.Stage) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		})
	}
	status, _, stderr := run(t, ctx, nil, p)
	require.Equal(t, profile.Failed, status)
	require.Equal(t, "bench: interrupted: endless: test_one: context canceled\n", stderr)
	require.True(t, closed)
}

func TestRawProfilesAreKept(t *testing.T) {
	for name, c := range map[string]struct {
		line  string
		files []string
	}{
		"one test":   {"--test test_loop", []string{"cpu.pprof"}},
		"each test":  {"", []string{"cpu.test_everybody.pprof", "cpu.test_loop.pprof"}},
		"every run":  {"--test test_loop --runs 2", []string{"cpu.1.pprof", "cpu.2.pprof"}},
		"both":       {"--runs 2 --json", []string{"cpu.test_everybody.1.pprof", "cpu.test_everybody.2.pprof", "cpu.test_loop.1.pprof", "cpu.test_loop.2.pprof"}},
		"no new dot": {"--runs 1 --test test_loop --profile", []string{"cpu.pprof"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			status, stdout, _ := run(t, t.Context(), append([]string{"counting", "--raw", filepath.Join(dir, "cpu.pprof")}, strings.Fields(c.line)...), suites()...)
			require.Zero(t, status)
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			var files []string
			for _, entry := range entries {
				files = append(files, entry.Name())
				content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
				require.NoError(t, err)
				require.True(t, bytes.HasPrefix(content, []byte{0x1f, 0x8b}), "pprof's profiles are compressed")
			}
			require.Equal(t, c.files, files)
			if strings.Contains(c.line, "json") {
				require.Contains(t, stdout, "cpu.test_loop.2.pprof")
			} else {
				require.Contains(t, stdout, "total allocations ")
			}
		})
	}
}

func TestRawInAMissingDirectoryFails(t *testing.T) {
	status, _, stderr := run(t, t.Context(), []string{"counting", "--raw", filepath.Join(t.TempDir(), "missing", "cpu")}, suites()...)
	require.Equal(t, profile.Failed, status)
	require.Contains(t, stderr, "no such file or directory")
}

// burn keeps a processor busy until the profiler must have seen it.
func burn() *profile.Profiler {
	p := profile.Init("burn", "Burning.", 1)
	p.Profile("test_burn", "Burn.", func(_ context.Context, s *profile.Stage) error {
		var a profile.Answer
		for start := time.Now(); time.Since(start) < 300*time.Millisecond; {
			for i := range 100_000 {
				a.Add(int64(i), "a", "b", "c")
			}
		}
		s.Answer(a)
		return nil
	})
	return p
}

func TestDumpShowsTheProfile(t *testing.T) {
	for _, args := range [][]string{{"--dump", "--runs", "2"}, {"--dump", "--sort", "tottime"}} {
		status, stdout, stderr := run(t, t.Context(), args, burn())
		require.Zero(t, status, stderr)
		require.Contains(t, stdout, "test_burn : Burn. (1 iterations); total allocations ")
		require.Regexp(t, `flat +flat% +sum% +cum +cum%`, stdout)
		require.Contains(t, stdout, "profile.(*Answer).Add")
		require.NotContains(t, stdout, "calls calls%")
		first := strings.Split(stdout, "cum%\n")[1]
		first, _, _ = strings.Cut(first, "\n")
		if args[1] == "--sort" {
			require.NotRegexp(t, `^ +0 +0%`, first, "what burns comes first")
		} else {
			require.Regexp(t, `^ +0 +0%`, first, "what calls it comes first")
		}
	}
}

func TestCallersShowsWhoCalls(t *testing.T) {
	status, stdout, stderr := run(t, t.Context(), []string{"--callers"}, burn())
	require.Zero(t, status, stderr)
	require.Contains(t, stdout, "calls%")
	require.Contains(t, stdout, "burn.func1")
}

// querying asks each shard what it is.
func querying() *profile.Profiler {
	p := profile.Init("querying", "", 3)
	p.SetupOnce(func(ctx context.Context, s *profile.Stage) error {
		if err := s.Spawn(ctx, coordinator.Config{}); err != nil { // which the next one replaces
			return err
		}
		return s.Spawn(ctx, coordinator.Config{})
	})
	p.Profile("test_query", "Ask.", func(ctx context.Context, s *profile.Stage) error {
		for _, id := range s.IDs() {
			var one int64
			if err := s.Troupe.QueryRow(coordinator.OnShard(ctx, id), "select 42").Scan(&one); err != nil {
				return err
			}
		}
		return nil
	})
	return p
}

func TestDatabases(t *testing.T) {
	db := pgtest.Shared(t)
	dburl := strings.Replace(db.TCPDSN(), "://postgres@", "://postgres:"+secret+"@", 1)
	file := "sqlite:" + filepath.Join(t.TempDir(), "own.db")
	status, stdout, stderr := run(t, t.Context(), []string{
		"--json", "--echo", "--dburl", dburl, "--dburl", file, "--dburl", "sqlite::memory:", "--dburl", "sqlite::memory:?readers=2",
	}, querying())
	require.Zero(t, status)
	require.Contains(t, stdout, `"shards":["PostgreSQL","SQLite","SQLite","SQLite"]`)
	for _, shard := range []string{"shard0", "shard1", "shard2", "shard3"} {
		require.Contains(t, stderr, "shard="+shard)
	}
	require.Contains(t, stderr, "select 42")
	require.FileExists(t, strings.TrimPrefix(file, "sqlite:"))
}

func TestDatabasesThatArentThere(t *testing.T) {
	for name, dburl := range map[string]string{
		"no server":    "postgres://user:" + secret + "@127.0.0.1:1/db?sslmode=disable",
		"no directory": "sqlite:" + t.TempDir() + "/missing/one.db",
	} {
		t.Run(name, func(t *testing.T) {
			status, _, stderr := run(t, t.Context(), []string{"--dburl", dburl}, querying())
			require.Equal(t, profile.Failed, status)
			require.Contains(t, stderr, "shard0")
		})
	}
}

func TestBrokenURLIsMisuse(t *testing.T) {
	status, _, stderr := run(t, t.Context(), []string{"--dburl", "postgres://user:" + secret + "@host:port/db"}, querying())
	require.Equal(t, profile.Misused, status)
	require.Contains(t, stderr, "shard0")
}

func TestAStagesShardsAreDifferentDatabases(t *testing.T) {
	var got []shardworker.Shard
	p := profile.Init("stage", "", 1)
	p.Profile("test_stage", "", func(_ context.Context, s *profile.Stage) error {
		got = s.Shards
		return nil
	})
	run(t, t.Context(), []string{"--shards", "3"}, p)
	seen := map[shardworker.DSN]bool{}
	for _, shard := range got {
		seen[shard.DSN] = true
	}
	require.Len(t, seen, 3)
	require.Equal(t, messages.ShardID("shard2"), got[2].ID)
}
