package statement_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// corpus returns the statements of PostgreSQL's regression suite, which lies beside the module.
func corpus(t testing.TB) []string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "corpora", "postgres-regress-statements.json")
	raw, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skipf("no corpus at %s beside the module's root: nothing was checked", path)
	}
	require.NoError(t, err)
	var texts []string
	require.NoError(t, json.Unmarshal(raw, &texts))
	return texts
}

// The crude reading of a text that those with a verdict are checked with. It shares nothing with the package.
var (
	crudeQuotes = regexp.MustCompile(`(?is)--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\w*\$|\be'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"`)
	crudeHarm   = regexp.MustCompile(`(?i)(?:^|[^.\w])(?:intersect|except|into|tablesample|now|currval|setval|current_timestamp|current_date|current_user|for\s+update|for\s+share|current\s+of|pg_sleep|ctid|xmin|pg_class|information_schema)\b\s*(\(|\w|;|$)`)
	crudeBenign = regexp.MustCompile(`(?i)insert\s+into|\bas\s+\w+`)
)

// Whatever the corpus holds is analysed: every table is accounted for, and what certainly can't be run on several shards is
// refused.
func TestCorpus(t *testing.T) {
	for _, d := range bothDialects {
		t.Run(d.String(), func(t *testing.T) {
			counts := map[string]int{}
			for _, text := range corpus(t) {
				s, err := statement.Read(d, text)
				if err != nil {
					require.True(t, errors.Is(err, messages.ErrInvalidRequest) || errors.Is(err, messages.ErrRefused), text)
					continue
				}
				a := statement.Analyse(s, nil)
				_, err = a.Comparisons([]any{1, 2})
				require.NoError(t, err)
				if s.Kind == tree.Other {
					require.NotNil(t, a.Scatter)
					continue
				}
				if clauseOf(t, text, a.Scatter) == "" {
					counts["scatter "+s.Kind.String()]++
					bare := crudeBenign.ReplaceAllString(crudeQuotes.ReplaceAllString(text, " q "), " b ")
					if d == messages.PostgreSQL {
						require.Empty(t, crudeHarm.FindString(bare), text)
					}
					require.NotEmpty(t, a.Occurrences, text)
				}
				if a.Scatter != nil && a.Scatter.Code == statement.NotUnderstood {
					counts[a.Scatter.Clause+" not understood"]++
					require.NotEqual(t, s.Kind.String(), a.Scatter.Clause, "the census differs: %s", text)
				}
			}
			t.Log(counts)
			for _, kind := range []tree.Kind{tree.Select, tree.Insert, tree.Update, tree.Delete} {
				require.Greater(t, counts["scatter "+kind.String()], 50, kind)
			}
		})
	}
}
