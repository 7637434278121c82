package mutants_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

// verdict is what a run of the oracle says.
type verdict struct {
	mismatches []mismatch
	passed     bool
	skipped    bool // it has no database
	output     string
	built, ran time.Duration
}

// mismatch is a statement to which an answer is wrong.
type mismatch struct {
	statement int
	what      string
}

// String is a line of a log.
func (m mismatch) String() string { return fmt.Sprintf("statement %d, %s", m.statement, m.what) }

// reported matches the first lines of a mismatch in the oracle's output.
var reported = regexp.MustCompile(`(\w+ over \d+ shards: .*)\n\s*again: go test \S+ -run \S+ -seed \d+ -statement (\d+) -v\n`)

// skipped matches what says that the test didn't run.
var skipped = regexp.MustCompile(`--- SKIP: TestAgree/`)

// moduleRoot returns the directory of the module.
func moduleRoot() (string, error) {
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		return "", err
	}
	_, err = os.Stat(filepath.Join(root, "go.mod"))
	return root, err
}

// judge compiles the oracle over changed source and runs it. What doesn't compile is an error.
func judge(t *testing.T, root string, files map[string]string, dialect messages.Dialect) (verdict, error) {
	dir := t.TempDir()
	laid, err := overlay(dir, files)
	if err != nil {
		return verdict{}, err
	}
	var v verdict
	binary := filepath.Join(dir, "oracletest.test")
	began := time.Now()
	// Compiled by itself, so that what doesn't compile isn't taken for what fails.
	build := command(t.Context(), root, "go", "test", "-c", "-vet=off", "-ldflags=-s -w", "-overlay="+laid, "-o", binary, "./coordinator/oracletest")
	if out, err := build.CombinedOutput(); err != nil {
		return verdict{}, fmt.Errorf("it doesn't compile: %w\n%s", err, out)
	}
	v.built = time.Since(began)

	began = time.Now()
	run := command(t.Context(), filepath.Join(root, "coordinator", "oracletest"), binary, "-test.v", "-test.timeout="+patience.String(),
		"-test.run=^TestAgree$/^"+dialect.String()+"$", "-seed="+strconv.Itoa(seed), "-statements="+strconv.Itoa(statements), "-mismatches=1")
	out, err := run.CombinedOutput()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		return verdict{}, err
	}
	v.ran, v.passed, v.output = time.Since(began), err == nil, string(out)
	v.skipped = skipped.Match(out)
	for _, found := range reported.FindAllStringSubmatch(v.output, -1) {
		number, err := strconv.Atoi(found[2])
		if err != nil {
			return verdict{}, err
		}
		v.mismatches = append(v.mismatches, mismatch{number, found[1]})
	}
	return v, nil
}

// command returns one whose environment doesn't ask for the long form. A parent that ends its own run ends it too.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.WaitDelay = time.Second
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TROUPE_LONG=") {
			c.Env = append(c.Env, v)
		}
	}
	return c
}

// last returns the end of an output.
func (v verdict) last() string { return v.output[max(0, len(v.output)-4000):] }

// requireDatabase skips the test if the oracle had no database.
func (v verdict) requireDatabase(t *testing.T, d messages.Dialect) {
	t.Helper()
	if v.skipped {
		t.Skipf("the oracle has no %v", d)
	}
	require.Contains(t, v.output, "TestAgree/"+d.String(), "the oracle has another name for its test")
}
