package mutants_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// What the oracle is given. It has the seed that CI runs, so that what dies here dies there.
const (
	seed       = 20261122
	statements = 5000
	// patience is how long a run may take; it takes a few seconds, and a minute on PostgreSQL if nothing is found.
	patience = 5 * time.Minute
)

// oracle is the compiled oracle, over a source that has mutants.
type oracle struct{ root, binary string }

// moduleRoot returns the directory of the module.
func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(root, "go.mod"))
	return root
}

// sourceOf returns the source with mutants in it. One that doesn't fit fails the test.
func sourceOf(t *testing.T, mutants []mutant) *source {
	t.Helper()
	s := &source{root: moduleRoot(t), files: map[string]*mutated{}}
	names := map[string]bool{}
	for _, m := range mutants {
		require.NoError(t, s.add(m), m.name)
		require.False(t, names[m.name], "two mutants are called %s", m.name)
		names[m.name] = true
	}
	return s
}

// compile compiles the oracle over a source.
func compile(t *testing.T, s *source) oracle {
	t.Helper()
	dir := t.TempDir()
	overlay, err := s.write(dir)
	require.NoError(t, err)
	o := oracle{root: s.root, binary: filepath.Join(dir, "oracletest.test")}
	build := command(t.Context(), s.root, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay="+overlay, "-o", o.binary, "./coordinator/oracletest")
	began := time.Now()
	if out, err := build.CombinedOutput(); err != nil {
		require.NoError(t, err, "it doesn't compile; mutants %q:\n%s", s.blamed(string(out)), out)
	}
	t.Logf("compiled %d files with %d mutants in %v", len(s.files), len(mutants), time.Since(began).Round(time.Millisecond))
	return o
}

// complaint matches a line of the compiler's.
var complaint = regexp.MustCompile(`(?m)^(\S+\.go):(\d+):`)

// blamed returns the mutants in whose copies the compiler found mistakes.
func (s *source) blamed(output string) []string {
	var names []string
	for _, c := range complaint.FindAllStringSubmatch(output, -1) {
		line, err := strconv.Atoi(c[2])
		for _, f := range s.files {
			if err == nil && f.written == filepath.Base(c[1]) {
				names = append(names, f.mutantAt(line))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// verdict is what a run of the oracle says.
type verdict struct {
	mismatches []mismatch
	passed     bool
	output     string
	took       time.Duration
}

// mismatch is a statement to which an answer is wrong.
type mismatch struct {
	statement int
	what      string
}

// reported matches the first lines of a mismatch in the oracle's output.
var reported = regexp.MustCompile(`(\w+ over \d+ shards: .*)(?s:.*?)\n\s*again: go test \S+ -run \S+ -seed \d+ -statement (\d+) -v\n`)

// judge runs the oracle on a mutant, or on none if the name is empty. Without a database it skips the test.
func (o oracle) judge(t *testing.T, mutant string, dialect messages.Dialect) verdict {
	t.Helper()
	run := command(t.Context(), filepath.Join(o.root, "coordinator", "oracletest"), o.binary, "-test.v", "-test.timeout="+patience.String(),
		"-test.run=^TestAgree$/^"+dialect.String()+"$", "-seed="+strconv.Itoa(seed), "-statements="+strconv.Itoa(statements), "-mismatches=1")
	run.Env = append(run.Env, chosen+"="+mutant)
	began := time.Now()
	out, err := run.CombinedOutput()
	if failed := (*exec.ExitError)(nil); !errors.As(err, &failed) {
		require.NoError(t, err)
	}
	v := verdict{passed: err == nil, output: string(out), took: time.Since(began)}
	if strings.Contains(v.output, "--- SKIP: TestAgree/") {
		t.Skipf("the oracle has no %v", dialect)
	}
	require.Contains(t, v.output, "=== RUN   TestAgree/"+dialect.String(), "the oracle has another name for its test")
	for _, found := range reported.FindAllStringSubmatch(v.output, -1) {
		number, err := strconv.Atoi(found[2])
		require.NoError(t, err)
		v.mismatches = append(v.mismatches, mismatch{number, found[1]})
	}
	return v
}

// last returns the end of the output.
func (v verdict) last() string { return v.output[max(0, len(v.output)-4000):] }

// String is a line of a log.
func (m mismatch) String() string { return fmt.Sprintf("statement %4d, %.150s", m.statement, m.what) }

// command returns one whose environment asks for no long form and for no mutant. It ends with the test.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.WaitDelay = time.Second
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "TROUPE_LONG=") || strings.HasPrefix(v, chosen+"=")
	})
	return c
}
