package statement_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

const pointSelect = "SELECT id, name, continent FROM cities WHERE continent = 'Asia' AND id = ?"

func TestCacheRemembersStatementsAndErrors(t *testing.T) {
	c := statement.NewCache(0, 0)
	first, err := c.Parse(messages.SQLite, pointSelect)
	require.NoError(t, err)
	again, err := c.Parse(messages.SQLite, strings.Clone(pointSelect))
	require.NoError(t, err)
	require.Same(t, first, again)
	other, err := c.Parse(messages.PostgreSQL, pointSelect)
	require.NoError(t, err)
	require.NotSame(t, first, other)

	_, err = c.Parse(messages.SQLite, "selec")
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, errAgain := c.Parse(messages.SQLite, "selec")
	require.Same(t, err, errAgain)
}

func TestCacheHitDoesNotAllocate(t *testing.T) {
	c := statement.NewCache(0, 0)
	_, _ = c.Parse(messages.SQLite, pointSelect)
	require.Zero(t, testing.AllocsPerRun(100, func() { _, _ = c.Parse(messages.SQLite, pointSelect) }))
}

func TestCacheForgetsWhatWasUsedLongestAgo(t *testing.T) {
	c := statement.NewCache(2, 0)
	ask := func(n int) *statement.Statement {
		s, err := c.Parse(messages.SQLite, fmt.Sprintf("select %d", n))
		require.NoError(t, err)
		return s
	}
	one, two := ask(1), ask(2)
	require.Same(t, one, ask(1))
	ask(3)
	require.Same(t, one, ask(1))
	require.NotSame(t, two, ask(2))
}

func TestCacheIsBoundedInBytes(t *testing.T) {
	c := statement.NewCache(0, 8<<10)
	ask := func(n int) *statement.Statement {
		s, err := c.Parse(messages.SQLite, fmt.Sprintf("select %d, '%s'", n, strings.Repeat("x", 3<<10)))
		require.NoError(t, err)
		return s
	}
	one := ask(1)
	require.Same(t, one, ask(1))
	ask(2)
	require.NotSame(t, one, ask(1))

	huge := "select '" + strings.Repeat("x", 9<<10) + "'"
	s, err := c.Parse(messages.SQLite, huge)
	require.NoError(t, err)
	again, err := c.Parse(messages.SQLite, huge)
	require.NoError(t, err)
	require.NotSame(t, s, again)
}

func TestCacheLeavesLongTextsOut(t *testing.T) {
	c := statement.NewCache(0, 0)
	long := "select '" + strings.Repeat("x", 64<<10) + "'"
	first, err := c.Parse(messages.SQLite, long)
	require.NoError(t, err)
	again, err := c.Parse(messages.SQLite, long)
	require.NoError(t, err)
	require.NotSame(t, first, again)
}

func TestCacheIsSafeForConcurrentUse(t *testing.T) {
	c := statement.NewCache(8, 0)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				n := (i*7 + g) % 16
				s, err := c.Parse(messages.SQLite, fmt.Sprintf("select * from t where k = %d", n))
				if err != nil || !strings.HasSuffix(s.Text(), fmt.Sprint(" ", n)) {
					t.Errorf("%d: %v", n, err)
					return
				}
				if found, _ := s.Comparisons(nil); found[0].Values[0] != int64(n) {
					t.Errorf("%d: %v", n, found)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkParse(b *testing.B) {
	for _, d := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		b.Run(d.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s, err := statement.Parse(d, pointSelect); err != nil || s.Scatter() != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCacheHit(b *testing.B) {
	c := statement.NewCache(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		if s, err := c.Parse(messages.SQLite, pointSelect); err != nil || s.Verb() != statement.Select {
			b.Fatal(err)
		}
	}
}

func BenchmarkComparisons(b *testing.B) {
	s := parse(b, messages.SQLite, pointSelect)
	args := []any{7}
	b.ReportAllocs()
	for b.Loop() {
		if found, err := s.Comparisons(args); err != nil || len(found) != 2 {
			b.Fatal(err)
		}
	}
}
