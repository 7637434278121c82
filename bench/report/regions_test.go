package report_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/bench/report"
)

var update = flag.Bool("update", false, "write the golden file")

func TestRewriteGolden(t *testing.T) {
	var document strings.Builder
	document.WriteString("# Before\r\n\nProse with `<!-- a comment -->`.\n\n")
	for _, name := range []string{"machine", "goals", "select", "select/64", "insert"} {
		document.WriteString("## " + name + "\n\n<!-- bench:" + name + " -->\nold\n<!-- /bench -->\n\n")
	}
	document.WriteString("The end, without a line's end.")
	got, stale, err := report.Rewrite(document.String(), sample())
	require.NoError(t, err)
	assert.Equal(t, []string{"machine", "goals", "select", "select/64", "insert"}, stale)
	golden := filepath.Join("testdata", "document.golden.md")
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "go test ./bench/report -update writes it anew; look at it then")

	again, stale, err := report.Rewrite(got, sample())
	require.NoError(t, err)
	assert.Empty(t, stale, "what was just written is what the results say")
	assert.Equal(t, got, again)

	other := sample()
	other.Experiments[1].Variants[1].Rounds[0].AllocBytes++ // a figure that no table shows
	_, stale, err = report.Rewrite(got, other)
	require.NoError(t, err)
	assert.Empty(t, stale)
	other.Experiments[1].Variants[1].Rounds[1].Wall *= 2
	_, stale, err = report.Rewrite(got, other)
	require.NoError(t, err)
	assert.Equal(t, []string{"goals", "select"}, stale)
}

func TestRewriteRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"prose\n":                   "there is no <!-- bench:NAME -->",
		"<!-- bench:goals -->\n|\n": "line 1: bench:goals doesn't end",
		"\n<!-- /bench -->\n":       "line 2: /bench ends what hasn't begun",
		"<!-- bench:goals -->\n<!-- bench:machine -->\n":           "line 2: bench:machine begins inside bench:goals of line 1",
		"\n<!-- bench:scan -->\n<!-- /bench -->\n":                 "line 2: region: bench:scan is neither",
		"<!-- bench: -->\n":                                        "line 1: a mark stands alone",
		"<!-- bench:two words -->\n":                               "line 1: a mark stands alone",
		"text <!-- bench:goals -->\n":                              "line 1: a mark stands alone",
		"<!-- bench:goals -->\n| a | <!-- /bench -->\n":            "line 2: a mark stands alone",
		"<!-- bench:goals -->\n<!-- /bench -->\n<!-- /bench -->\n": "line 3: /bench ends",
	} {
		got, stale, err := report.Rewrite(text, sample())
		require.ErrorIs(t, err, report.ErrRegion, "%q", text)
		assert.ErrorContains(t, err, want)
		assert.Empty(t, got)
		assert.Empty(t, stale)
	}
}

// TestRewriteKeepsProse: whatever stands around the regions and in them, what is around stays, byte by byte.
func TestRewriteKeepsProse(t *testing.T) {
	prose := rapid.Map(rapid.SliceOf(rapid.OneOf(rapid.StringMatching(`[a-z|<> -]{0,9}\n`), rapid.SampledFrom([]string{"\r\n", "\n\n", "<!-- x -->\n", "é\n"}))),
		func(lines []string) string { return strings.Join(lines, "") })
	rapid.Check(t, func(t *rapid.T) {
		var document strings.Builder
		var around []string
		for range rapid.IntRange(1, 4).Draw(t, "regions") {
			around = append(around, prose.Draw(t, "prose"))
			document.WriteString(around[len(around)-1] + "<!-- bench:goals -->\n" + prose.Draw(t, "old") + "<!-- /bench -->\n")
		}
		end := prose.Draw(t, "end")
		got, _, err := report.Rewrite(document.String()+end, sample())
		require.NoError(t, err)
		for _, text := range around {
			before, after, found := strings.Cut(got, "<!-- bench:goals -->\n")
			require.True(t, found)
			require.Equal(t, text, before)
			_, got, found = strings.Cut(after, "<!-- /bench -->\n")
			require.True(t, found)
		}
		require.Equal(t, end, got)
	})
}
