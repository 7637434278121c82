package plan_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

const pointSelect = "SELECT id, name, city FROM users WHERE id = $1"

func cached(t testing.TB, c *plan.Cache, d messages.Dialect, sql string) *plan.Plan {
	t.Helper()
	p, err := c.Plan(d, sql, catalogue, plan.Options{})
	require.NoError(t, err)
	return p
}

func TestCacheRemembersPlansAndErrors(t *testing.T) {
	c := plan.NewCache(0, 0)
	first := cached(t, c, lite, pointSelect)
	require.Same(t, first, cached(t, c, lite, strings.Clone(pointSelect)))
	require.NotSame(t, first, cached(t, c, pg, pointSelect))

	other, err := c.Plan(lite, pointSelect, &statement.Catalogue{}, plan.Options{})
	require.NoError(t, err)
	require.NotSame(t, first, other, "other tables")
	other, err = c.Plan(lite, pointSelect, catalogue, plan.Options{ExplicitNulls: true})
	require.NoError(t, err)
	require.NotSame(t, first, other, "other options")

	_, err = c.Plan(lite, "selec", catalogue, plan.Options{})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, again := c.Plan(lite, "selec", catalogue, plan.Options{})
	require.Same(t, err, again)
	refused := cached(t, c, lite, "SELECT 1")
	require.NotNil(t, refused.Refusal)
	require.Same(t, refused, cached(t, c, lite, "SELECT 1"))
}

func TestCacheHitDoesNotAllocate(t *testing.T) {
	c := plan.NewCache(0, 0)
	cached(t, c, lite, pointSelect)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = c.Plan(lite, pointSelect, catalogue, plan.Options{}) }))
}

func TestCacheForgetsWhatWasUsedLongestAgo(t *testing.T) {
	c := plan.NewCache(2, 0)
	ask := func(n int) *plan.Plan { return cached(t, c, lite, fmt.Sprintf("SELECT %d", n)) }
	one, two := ask(1), ask(2)
	require.Same(t, one, ask(1))
	ask(3)
	require.Same(t, one, ask(1))
	require.NotSame(t, two, ask(2))
}

func TestCacheIsBoundedInBytes(t *testing.T) {
	c := plan.NewCache(0, 128<<10)
	ask := func(n int) *plan.Plan {
		return cached(t, c, lite, fmt.Sprintf("SELECT %d, '%s'", n, strings.Repeat("x", 3<<10)))
	}
	one := ask(1)
	require.Same(t, one, ask(1))
	ask(2)
	require.NotSame(t, one, ask(1))

	huge := "SELECT '" + strings.Repeat("x", 9<<10) + "'"
	require.NotSame(t, cached(t, c, lite, huge), cached(t, c, lite, huge))
}

func TestCacheLeavesLongTextsOut(t *testing.T) {
	c := plan.NewCache(0, 1<<30)
	long := "SELECT '" + strings.Repeat("x", 64<<10) + "'"
	require.NotSame(t, cached(t, c, lite, long), cached(t, c, lite, long))
}

func TestCacheIsSafeForConcurrentUse(t *testing.T) {
	c := plan.NewCache(8, 0)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 300 {
				sql := fmt.Sprintf("SELECT name FROM users ORDER BY age LIMIT %d OFFSET 1", (i*7+g)%16)
				p, err := c.Plan(pg, sql, catalogue, plan.Options{})
				if err != nil || !strings.HasSuffix(p.Gather.Text, fmt.Sprint(" ", (i*7+g)%16+1)) {
					t.Errorf("%s: %v", sql, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
