// Package demotest runs the programs of examples in their tests, as a user would, and asserts what holds for all of them.
package demotest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/demo"
)

// Secret stands for a password: no run may print it.
const Secret = "canary-7f3e"

// WithSecret gives the user of a URL the password [Secret], which pgtest's servers don't ask for.
func WithSecret(dsn string) string {
	return strings.Replace(dsn, "://postgres@", "://postgres:"+Secret+"@", 1)
}

// Run runs the program and returns its exit status and what it printed, in which there is no [Secret].
func Run(t *testing.T, p demo.Program, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = p.Run(t.Context(), args, &out, &errs)
	t.Logf("status %d\n%s%s", status, &out, &errs)
	require.NotContains(t, out.String()+errs.String(), Secret)
	return status, out.String(), errs.String()
}

// Succeed runs the program, of which so many assertions must hold.
func Succeed(t *testing.T, p demo.Program, assertions int, args ...string) (stdout, stderr string) {
	t.Helper()
	status, stdout, stderr := Run(t, p, args...)
	require.Equal(t, demo.Succeeded, status)
	require.Contains(t, stdout, fmt.Sprintf(": %d assertions hold, 0 fail", assertions))
	require.Equal(t, assertions, strings.Count(stdout, "ok    "))
	return stdout, stderr
}

// SucceedOnFiles runs the program without a -dsn: nothing else is printed, and no file is left.
func SucceedOnFiles(t *testing.T, p demo.Program, assertions int, args ...string) {
	t.Helper()
	empty := emptyTemporary(t)
	stdout, stderr := Succeed(t, p, assertions, args...)
	require.Contains(t, stdout, "4 shards (SQLite, SQLite, SQLite, SQLite)")
	require.Empty(t, stderr)
	empty()
}

// Interrupt runs the program again and again, and interrupts it at each of the lines, given by a text in it: it ends with its files removed.
func Interrupt(t *testing.T, p demo.Program, args []string, lines ...string) {
	for _, line := range lines {
		t.Run(line, func(t *testing.T) {
			empty := emptyTemporary(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var errs bytes.Buffer
			status := p.Run(ctx, args, &trigger{text: line, pull: cancel}, &errs)
			require.Equal(t, demo.Failed, status)
			require.Contains(t, errs.String(), p.Name+": interrupted")
			empty()
		})
	}
}

// emptyTemporary gives the test a temporary directory of its own, and returns what requires that it is empty.
func emptyTemporary(t *testing.T) func() {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	return func() {
		t.Helper()
		left, err := os.ReadDir(temporary)
		require.NoError(t, err)
		require.Empty(t, left, "the files are removed")
	}
}

// trigger is pulled when a line with the text is printed.
type trigger struct {
	text string
	pull func()
}

func (w *trigger) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.text)) {
		w.pull()
	}
	return len(p), nil
}
