package statement_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
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

// The crude reading of a text that the accepted ones are checked with. It shares nothing with the package.
var (
	crudeQuotes = regexp.MustCompile(`(?is)--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\w*\$|\be'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"`)
	crudeHarm   = regexp.MustCompile(`(?i)(?:^|[^.\w])(?:order\s+by|group\s+by|having|limit|offset|fetch|union|intersect|except|window|over|with|for|into|join|tablesample|lateral|returning\s*\(\s*select|exists|count|sum|avg|min|max|array_agg|string_agg|now|random|nextval|currval|generate_series|unnest|current_timestamp|current_date)\b\s*(\(|\w|;|$)`)
	crudeBenign = regexp.MustCompile(`(?i)is\s+(?:not\s+)?distinct\s+from|(?:substring|overlay)\s*\([^()]*\)|\bas\s+\w+`)
	crudeSelect = regexp.MustCompile(`(?i)\bselect\b`)
	crudeComma  = regexp.MustCompile(`(?i)\bfrom\s+(?:only\s+)?[\w."]+(?:\s+(?:as\s+)?\w+)?\s*,`)
)

func TestCorpusPostgreSQL(t *testing.T) {
	accepted := map[statement.Verb]int{}
	for _, text := range corpus(t) {
		s, err := statement.Parse(messages.PostgreSQL, text)
		if err != nil {
			require.ErrorIs(t, err, messages.ErrInvalidRequest, text)
			continue
		}
		if refusal(t, text, s.Scatter()) != "" {
			continue
		}
		accepted[s.Verb()]++
		bare := crudeBenign.ReplaceAllString(crudeQuotes.ReplaceAllString(text, " q "), " b ")
		if found := crudeHarm.FindString(bare); found != "" {
			t.Errorf("accepted with %q: %s", found, text)
		}
		if n := len(crudeSelect.FindAllString(bare, -1)); n > 1 {
			t.Errorf("accepted with %d SELECTs: %s", n, text)
		}
		if found := crudeComma.FindString(bare); found != "" && s.Verb() == statement.Select {
			t.Errorf("accepted with %q: %s", found, text)
		}
	}
	t.Log("accepted:", accepted)
	for _, verb := range []statement.Verb{statement.Select, statement.Update, statement.Delete} {
		require.Greater(t, accepted[verb], 50, verb)
	}
	require.Zero(t, accepted[statement.Insert]+accepted[statement.Other])
}

// The same texts as SQLite's: most aren't, but none may do harm.
func TestCorpusReadAsSQLite(t *testing.T) {
	for _, text := range corpus(t) {
		s, err := statement.Parse(messages.SQLite, text)
		if err != nil {
			require.ErrorIs(t, err, messages.ErrInvalidRequest, text)
			continue
		}
		require.NotEqual(t, "statement", refusal(t, text, s.Scatter()), "not understood: %s", text)
		_, err = s.Comparisons([]any{1, 2})
		require.NoError(t, err)
	}
}
