package postgresql_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// TestDepth: a statement is read up to the bound, or nearly so, and what is read isn't deeper. Each line is what comes first,
// what is repeated before the middle, the middle, and what is repeated after it.
func TestDepth(t *testing.T) {
	for _, nest := range [][4]string{
		{"select ", "(", "1", ")"},
		{"select ", "not ", "a", ""},
		{"select ", "- ", "1", ""},
		{"select ", "1 + (", "1", ")"},
		{"select ", "", "1", " + 1"},
		{"select ", "(select ", "1", ")"},
		{"select ", "f(", "1", ")"},
		{"select ", "array[", "1", "]"},
		{"select array", "[", "1", "]"},
		{"select ", "case when ", "a", " then b end"},
		{"select ", "", "1", "::a"},
		{"select ", "", "1", " union select 1"},
		{"", "(", "select 1", ")"},
		{"select from ", "", "a", " natural join a"},
		{"select from ", "(", "a", " cross join a)"},
		{"select from ", "a join ", "a", " on b"},
		{"select from ", "(select from ", "a", ")"},
		{"", "with a as (", "select 1", ") select 2"},
		{"select ", "a in (", "1", ")"},
		{"select ", "a between b and (", "1", ")"},
		{"select ", "(a, ", "1", ")"},
		{"select ", "", "a", " is null"},
		{"select ", "a[", "1", "]"},
		{"select group by ", "rollup (", "a", ")"},
		{"select ", "(a or b and ", "c", ")"},
		{"select ", "f() over (order by ", "a", ")"},
		{"select ", "exists (select from a where ", "b", ")"},
		{"select ", "1 - (1 - 1 - ", "1", ")"},
		{"select ", "((", "1", " + 1) + 1 + 1)"},
		{"select ", "", "a", " collate b"},
		{"insert into t select ", "((select ", "1", "))"},
		{"select ", "date 'a' = any (", "b", ")"},
		{"select from ", "lateral (select from ", "a", ")"},
	} {
		most := 0
		for n := 1; n <= tree.MaxDepth+1; n = n*11/10 + 1 {
			text := nest[0] + strings.Repeat(nest[1], n) + nest[2] + strings.Repeat(nest[3], n)
			s, err := postgresql.Parse(text)
			if err == nil {
				most = n
				require.Empty(t, structure(s), "%d: %q", n, nest)
				continue
			}
			var e *tree.Error
			require.ErrorAs(t, err, &e)
			require.True(t, e.Unsupported, "%d: %v: %q", n, err, nest)
		}
		require.Greater(t, most, tree.MaxDepth/8, "%q", nest)
		require.Less(t, most, tree.MaxDepth, "%q", nest)
	}
}

// TestLongTextsTakeLinearTime: each takes some 20 ms. What is quadratic takes minutes, so that the limit can be a wide one.
func TestLongTextsTakeLinearTime(t *testing.T) {
	const limit = 5 * time.Second
	for name, l := range longTexts() {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			s, err := postgresql.Parse(l.text)
			took := time.Since(begin)
			require.Less(t, took, limit)
			t.Log(took, err)
			if !l.refused {
				require.NoError(t, err)
				require.Empty(t, structure(s))
				return
			}
			var e *tree.Error
			require.True(t, errors.As(err, &e), "it was read")
		})
	}
}
