package sqlite_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// corpus returns the statements of SQLite's own test suite, which lie in meyer's module, one at a time. SQLite itself has
// cut them apart.
func corpus(t testing.TB) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/sqlc-dev/meyer").Output()
	require.NoError(t, err)
	paths, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "parser", "testdata", "*.test"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var all []string
	seen := map[string]bool{}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, one := range strings.Split("\n"+string(raw), "\n==== ")[1:] {
			_, one, _ = strings.Cut(one, "\n")
			sql, results, ok := cutLast(one+"\n", "\n----\n")
			if !ok {
				continue // a comment that looks like a head
			}
			for _, statement := range cutStatements(t, sql, results) {
				if !seen[statement] {
					seen[statement] = true
					all = append(all, statement)
				}
			}
		}
	}
	return all
}

func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

// cutStatements reads lines that say where statements start.
func cutStatements(t testing.TB, sql, results string) []string {
	t.Helper()
	starts := []int{}
	for line := range strings.Lines(results) {
		if rest, ok := strings.CutPrefix(line, "stmt "); ok {
			var start int
			_, err := fmt.Sscan(rest, &start)
			require.NoError(t, err, line)
			starts = append(starts, min(start, len(sql)))
		}
	}
	var out []string
	for i, start := range starts {
		end := len(sql)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		out = append(out, sql[start:end])
	}
	return out
}

// logicTests returns the statements of sqllogictest's samples, which lie beside the module.
func logicTests(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "corpora", "sqllogictest", "*.test"))
	require.NoError(t, err)
	if len(paths) == 0 {
		t.Log("no sqllogictest beside the module's root")
	}
	var all []string
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		for record := range strings.SplitSeq(string(raw), "\n\n") {
			head, rest, _ := strings.Cut(strings.TrimSpace(record), "\n")
			if strings.HasPrefix(head, "query ") || strings.HasPrefix(head, "statement ") {
				sql, _, _ := strings.Cut(rest, "\n----")
				all = append(all, sql)
			}
		}
	}
	return all
}
