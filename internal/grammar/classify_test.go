package grammar_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// What isn't parsed is told by its first word, and is never taken for what is parsed.
func TestClassifies(t *testing.T) {
	blank := regexp.MustCompile(`^(?:\s|--[^\n]*\n|/\*[^*]*\*/)*([A-Za-z]+)`)
	names, schema, n := map[string]int{}, 0, 0
	var refused, wrongly []string // wrongly are those that are called certainly wrong
	for _, s := range corpus(t) {
		if s.kind != tree.Other {
			continue
		}
		found := blank.FindStringSubmatch(s.text)
		if found == nil {
			continue
		}
		n++
		statement, err := parse(s.text)
		if err != nil {
			refused = append(refused, err.Error()+": "+s.text)
			var unread *tree.Error
			if assert.ErrorAs(t, err, &unread) && !unread.Unsupported {
				wrongly = append(wrongly, s.text)
			}
			continue
		}
		assert.Equal(t, tree.Other, statement.Kind, s.text)
		assert.Nil(t, statement.Root, s.text)
		first, _, _ := strings.Cut(statement.Name, " ")
		want := strings.ToUpper(found[1])
		if want == "WITH" { // is looked through
			want = "MERGE"
		}
		assert.Equal(t, want, first, s.text)
		assert.Contains(t, s.text, statement.Body.Of(statement.Text))
		names[statement.Name]++
		if statement.Scope == tree.Schema {
			schema++
		}
	}
	t.Logf("%d statements, %d for the schema, %d names: %v", n, schema, len(names), names)
	t.Logf("%d refused: %s", len(refused), strings.Join(refused, "\n"))
	assert.Greater(t, n, 10_000)
	assert.Less(t, len(refused), n/100)
	assert.Less(t, len(wrongly), n/1000, wrongly)
}
