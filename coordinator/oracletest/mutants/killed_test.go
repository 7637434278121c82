package mutants_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// long says whether all mutants run.
var long = os.Getenv("TROUPE_LONG") != ""

// mutants are all of them.
var mutants = slices.Concat(narrowing, linking, ordering, distinguishing, grouping, writing)

// TestSourceHasMutants finds out whether the mutants still fit the source. It is cheap: it compiles nothing.
func TestSourceHasMutants(t *testing.T) {
	root, err := moduleRoot()
	require.NoError(t, err)
	names := map[string]bool{}
	for _, m := range mutants {
		assert.False(t, names[m.name], "two mutants are called %s", m.name)
		names[m.name] = true
		_, err := mutate(root, m.edits)
		assert.NoError(t, err, m.name)
	}
}

// TestUnmutated is the control: the same run without a mutant finds nothing.
func TestUnmutated(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles and runs the oracle")
	}
	root, err := moduleRoot()
	require.NoError(t, err)
	for _, d := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			v, err := judge(t, root, nil, d)
			require.NoError(t, err)
			v.requireDatabase(t, d)
			require.Empty(t, v.mismatches)
			require.True(t, v.passed, v.last())
			t.Logf("built in %v, ran in %v", v.built.Round(time.Millisecond), v.ran.Round(time.Millisecond))
		})
	}
}

// TestKilled breaks one rule after the other, and wants the oracle to see it.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles and runs the oracle for each mutant")
	}
	root, err := moduleRoot()
	require.NoError(t, err)
	var deaths deaths
	t.Cleanup(func() { t.Log(deaths.String()) })
	for _, m := range mutants {
		if !long && !m.usual {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			files, err := mutate(root, m.edits)
			require.NoError(t, err)
			v, err := judge(t, root, files, m.dialect)
			require.NoError(t, err)
			v.requireDatabase(t, m.dialect)
			if len(v.mismatches) == 0 {
				require.Fail(t, "the mutant survives", "the oracle found no wrong answer in %d statements:\n%s", statements, v.last())
			}
			require.False(t, v.passed)
			deaths.add(m, v)
		})
	}
}

// deaths are the mutants that died.
type deaths struct {
	mu    sync.Mutex
	lines []string
	built time.Duration
	ran   time.Duration
}

func (d *deaths) add(m mutant, v verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.built += v.built
	d.ran += v.ran
	d.lines = append(d.lines, fmt.Sprintf("%-55s %6.1fs %6.1fs  %v", m.name, v.built.Seconds(), v.ran.Seconds(), v.mismatches[0]))
}

// String is a table, by name.
func (d *deaths) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.Sort(d.lines)
	return fmt.Sprintf("%d mutants died; %v of building, %v of running\n%-55s %7s %7s  killed by\n%s", len(d.lines), d.built.Round(time.Second),
		d.ran.Round(time.Second), "mutant", "built", "ran", strings.Join(d.lines, "\n"))
}
