package mutants_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// mutants are all of them.
var mutants = slices.Concat(narrowing, linking, ordering, distinguishing, grouping, writing)

// TestFit finds out whether the mutants still fit the source. It is cheap: nothing is compiled.
func TestFit(t *testing.T) { sourceOf(t, mutants) }

// TestMutants compiles the oracle over the source with all mutants in it. It finds nothing as long as none is chosen, and something
// with each of them.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the oracle and runs it for each mutant")
	}
	o := compile(t, sourceOf(t, mutants))
	var dead deaths
	t.Cleanup(func() { t.Log(dead.String()) })
	for _, d := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		t.Run("none/"+d.String(), func(t *testing.T) {
			t.Parallel()
			v := o.judge(t, "", d)
			require.Empty(t, v.mismatches)
			require.True(t, v.passed, v.last())
		})
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			v := o.judge(t, m.name, m.dialect)
			require.NotContains(t, v.output, "\npanic: ", "the oracle itself fails, whatever it has found")
			if len(v.mismatches) == 0 {
				require.Fail(t, "the mutant survives", "the oracle found no wrong answer in %d statements:\n%s", statements, v.last())
			}
			require.False(t, v.passed)
			dead.add(m, v)
		})
	}
}

// deaths are the mutants that died. It is safe for concurrent use.
type deaths struct {
	mu    sync.Mutex
	lines []string
	took  time.Duration
}

func (d *deaths) add(m mutant, v verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.took += v.took
	d.lines = append(d.lines, fmt.Sprintf("%-58s %6.1fs  %v", m.name, v.took.Seconds(), v.mismatches[0]))
}

// String is a table, by name.
func (d *deaths) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.Sort(d.lines)
	return fmt.Sprintf("%d mutants died, in runs of %v together\n%s", len(d.lines), d.took.Round(time.Second), strings.Join(d.lines, "\n"))
}
