package postgresql_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

var spaces = []string{" ", "\n", "\t ", " /* a ' /* b */ \" */ ", " -- c ' \"\n", "\r\n\f", "/**/ "}

// spaced returns a text with other white space between its tokens. N'…' is two tokens that have to stay together.
func spaced(random *rand.Rand, text string) string {
	var b strings.Builder
	space := func() { b.WriteString(spaces[random.IntN(len(spaces))]) }
	space()
	for _, t := range postgresql.Tokens(text) {
		b.WriteString(t.Of(text))
		if prefix := strings.EqualFold(t.Of(text), "n") && strings.HasPrefix(text[t.End:], "'"); !prefix {
			space()
		}
	}
	return b.String()
}

// TestWhiteSpaceDoesNotMatter: the tree is the same, and so are the words that its nodes cover.
func TestWhiteSpaceDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, text := range corpus(t) {
		s, err := postgresql.Parse(text)
		if err != nil || random.IntN(4) > 0 {
			continue
		}
		other := spaced(random, text)
		again, err := postgresql.Parse(other)
		require.NoError(t, err, "%s\n%s", text, other)
		require.Empty(t, structure(again), other)
		require.Equal(t, []any{s.Kind, s.Name, s.Scope, s.Census}, []any{again.Kind, again.Name, again.Scope, again.Census}, text)
		if s.Root == nil {
			continue
		}
		require.Equal(t, shape(s.Root), shape(again.Root), "%s\n%s", text, other)
		if len(text) < 500 { // it takes quadratic time
			require.Equal(t, covered(s), covered(again), text)
		}
	}
}

// covered returns the tokens that each node covers.
func covered(s *tree.Statement) []string {
	var list []string
	tree.Walk(s.Root, func(n tree.Node) bool {
		text := n.Extent().Of(s.Text)
		var b strings.Builder
		for _, t := range postgresql.Tokens(text) {
			b.WriteString(t.Of(text) + " ")
		}
		list = append(list, b.String())
		return true
	})
	return list
}

// TestSoups: whatever comes, there is no panic, and what is read has the right structure.
func TestSoups(t *testing.T) {
	words := strings.Fields(`select select from where a b t s.c 1 'x' $1 $2 ( ( ) ) [ ] , , . * + - = < @> and or not is null in like
		between any all case when then else end join left on using natural cross union intersect order by limit offset fetch
		first row only for update with as as values insert into delete set default returning group having over partition
		rows preceding filter within distinct exists array lateral only table cast :: int interval coalesce extract trim
		substring overlaps row rollup grouping sets window conflict do nothing ; "q" current_date json_table columns path
		similar to escape collate at time zone operator operator(+) nulls last recursive materialized tablesample`)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 24).Draw(t, "words"), " ")
		if s, err := postgresql.Parse(text); err == nil {
			require.Empty(t, structure(s), text)
		}
		head := rapid.SampledFrom([]string{"select ", "select a from ", "select a from t where ", "insert into t values ("}).Draw(t, "head")
		if s, err := postgresql.Parse(head + text); err == nil {
			require.Empty(t, structure(s), text)
		}
	})
}
