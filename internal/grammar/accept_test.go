package grammar_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// Nearly every statement that PostgreSQL's suite has, and its grammar takes, is one that we take.
func TestAccepts(t *testing.T) {
	total, accepted := map[tree.Kind]int{}, map[tree.Kind]int{}
	refused := map[string][]string{}
	for _, s := range corpus(t) {
		if s.kind == tree.Other {
			continue
		}
		total[s.kind]++
		_, err := parse(s.text)
		if err == nil {
			accepted[s.kind]++
			continue
		}
		detail := err.Error()
		var unread *tree.Error
		if assert.ErrorAs(t, err, &unread, s.text) {
			detail = fmt.Sprintf("unsupported %t: %s", unread.Unsupported, unread.Detail)
			assert.LessOrEqual(t, unread.Offset, len(s.text))
			assert.GreaterOrEqual(t, unread.Offset, 0)
		}
		refused[detail] = append(refused[detail], s.text)
	}
	for _, detail := range byCount(refused) {
		t.Logf("%4d refused, %s: %s", len(refused[detail]), detail, excerpt(refused[detail]))
	}
	for kind, n := range total {
		t.Logf("%v: %d of %d, %.1f %%", kind, accepted[kind], n, 100*float64(accepted[kind])/float64(n))
		assert.GreaterOrEqual(t, float64(accepted[kind]), 0.97*float64(n), kind)
	}
}

// byCount returns the keys of lists, those of the longest lists first.
func byCount(lists map[string][]string) []string {
	var keys []string
	for key := range lists {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if n := len(lists[b]) - len(lists[a]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return keys
}

// excerpt shows the shortest of texts.
func excerpt(texts []string) string {
	shortest := slices.MinFunc(texts, func(a, b string) int { return len(a) - len(b) })
	return shortest[:min(len(shortest), 200)]
}

// misreading is what is wrong with our tree of a text that the real grammar reads as wire.
func misreading(s *tree.Statement, real string) error {
	rendered, err := render(s)
	if err != nil {
		return fmt.Errorf("spans: %w", err)
	}
	again, err := statementOf(rendered)
	switch {
	case errors.Is(err, errUnfit):
		return nil
	case err != nil:
		return fmt.Errorf("no SQL when rendered: %w: %s", err, rendered)
	case again == nil:
		return fmt.Errorf("several statements when rendered: %s", rendered)
	}
	if got := dump(again); got != real {
		got, real = difference(got, real)
		return fmt.Errorf("another tree when rendered: %s\n ours: %s\n real: %s", rendered, got, real)
	}
	return nil
}

// With all parentheses that our tree stands for, a text means the same.
func TestReadsTheSame(t *testing.T) {
	wrong := 0
	for _, s := range parsedCorpus(t) {
		if err := misreading(s.Statement, dump(s.tree(t))); err != nil {
			if wrong++; wrong <= 15 {
				t.Errorf("%s\n%v", s.text, err)
			}
		}
	}
	require.Zero(t, wrong, "statements are misread")
}

// misnaming is what our tree's nodes say else than the real tree's.
func misnaming(s *tree.Statement, real facts) []string {
	ours := ourFacts(s)
	ourShapes(s.Root, ours)
	return differences(ours, real)
}

// What our trees hold is what the real trees hold.
func TestHoldsTheSame(t *testing.T) {
	wrong := map[string][]string{}
	for _, s := range parsedCorpus(t) {
		n := s.tree(t)
		real := realFacts(n)
		realShapes(n, real)
		for _, d := range misnaming(s.Statement, real) {
			wrong[d] = append(wrong[d], s.text)
		}
		assert.Equal(t, s.kind, s.Kind, s.text)
		assertCensus(t, s, real)
		assertParams(t, s)
	}
	for i, d := range byCount(wrong) {
		if i < 60 {
			t.Errorf("%d times %s: %s", len(wrong[d]), d, excerpt(wrong[d]))
		}
	}
	require.Empty(t, len(wrong), "kinds of wrong facts")
}

// assertCensus checks the counts that a statement comes with. The rows of an INSERT are a VALUES list for the real grammar,
// and none for us.
func assertCensus(t *testing.T, s parsedSample, real facts) {
	t.Helper()
	tables, blocks := 0, 0
	for fact, n := range real {
		switch word, _, _ := strings.Cut(fact, " "); word {
		case "table":
			tables += n
		case "block", "values":
			blocks += n
		}
	}
	tree.Walk(s.Root, func(n tree.Node) bool {
		if insert, ok := n.(*tree.InsertStmt); ok && insert.Rows != nil {
			blocks--
		}
		return true
	})
	assert.Equal(t, tree.Census{Tables: tables, Blocks: blocks}, s.Census, s.text)
}

// assertParams checks that a statement's parameters are those of its tree, in the text's order.
func assertParams(t *testing.T, s parsedSample) {
	t.Helper()
	var params []*tree.Param
	tree.Walk(s.Root, func(n tree.Node) bool {
		if p, ok := n.(*tree.Param); ok {
			params = append(params, p)
		}
		return true
	})
	assert.Equal(t, params, s.Params, s.text)
}
