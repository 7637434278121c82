package postgresql_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// corpus returns the statements of PostgreSQL's own regression suite, valid ones and others. They stand beside the
// repository, and the test is skipped without them.
func corpus(t testing.TB) []string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		require.NotEqual(t, dir, filepath.Dir(dir), "no go.mod above the test")
		dir = filepath.Dir(dir)
	}
	data, err := os.ReadFile(filepath.Join(dir, "..", "shared", "corpora", "postgres-regress-statements.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the corpus isn't there:", err)
	}
	require.NoError(t, err)
	var list []string
	require.NoError(t, json.Unmarshal(data, &list))
	require.NotEmpty(t, list)
	return list
}

// reads reports whether a statement begins as one that is parsed does.
func reads(text string) bool {
	fields := strings.Fields(strings.ReplaceAll(text, "(", " ( "))
	if len(fields) == 0 {
		return false
	}
	switch strings.ToLower(strings.TrimRight(fields[0], ";")) {
	case "select", "values", "table", "insert", "update", "delete", "with", "(":
		return true
	}
	return false
}

func TestCorpus(t *testing.T) {
	var all, accepted, unsupported int
	for _, text := range corpus(t) {
		if !reads(text) {
			continue
		}
		all++
		s, err := postgresql.Parse(text)
		var e *tree.Error
		switch {
		case err == nil:
			accepted++
			require.Empty(t, structure(s), text)
		case errors.As(err, &e) && e.Unsupported:
			unsupported++
		}
		if err != nil && os.Getenv("SHOW") != "" {
			t.Logf("%v\n\t%s", err, text)
		}
	}
	t.Logf("%d of %d accepted, %d unsupported", accepted, all, unsupported)
	require.Greater(t, accepted*100, all*97)
}
