package conformance_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documented matches a row of docs/conformance.md: number, what SQLAlchemy does, what troupe does, how they compare, and the test.
var documented = regexp.MustCompile("(?m)^\\| (\\d+) \\| (.+) \\| (.+) \\| (.+) \\| `(\\d\\d .+)` \\|$")

// verdicts are how troupe compares.
var verdicts = []string{"same", "on purpose", "not there"}

// The tables say of each behaviour, once and in order, which test looks at it, and nothing of tests that there aren't.
func TestBehavioursAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/conformance.md")
	require.NoError(t, err)
	var titles, rows []string
	for _, part := range [][]behaviour{suite, examples, unguarded} {
		for _, b := range part {
			titles = append(titles, b.title())
		}
	}
	for _, row := range documented.FindAllStringSubmatch(string(text), -1) {
		require.Equal(t, row[1], strings.TrimLeft(row[5][:2], "0"), row[0])
		require.True(t, slices.ContainsFunc(verdicts, func(v string) bool { return strings.HasPrefix(row[4], v) }), row[0])
		rows = append(rows, row[5])
	}
	require.Equal(t, titles, rows)
	require.Equal(t, len(rows), strings.Count(string(text), "\n| ")-strings.Count(string(text), "\n| #")-len(topologies)-1, "a row that isn't read as one")
	for _, o := range topologies {
		require.Contains(t, string(text), fmt.Sprintf("\n| %s | ", o.name))
	}
}

// The numbers are those of the notes: all of them, each once.
func TestBehavioursAreComplete(t *testing.T) {
	for _, part := range []struct {
		behaviours  []behaviour
		first, last int
	}{{suite, 1, 37}, {examples, 38, 44}, {unguarded, 51, 64}} {
		require.Len(t, part.behaviours, part.last-part.first+1)
		for i, b := range part.behaviours {
			require.Equal(t, part.first+i, b.number, b.name)
			require.NotEmpty(t, b.name)
			require.NotNil(t, b.check)
		}
	}
}
