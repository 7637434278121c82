package peertest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/troupetest"
	"github.com/troupedb/troupe/messages"
)

// question is a query and either the rows that it has to be answered with or why it has to be refused.
type question struct {
	name string
	in   messages.Dialect // the only one that it is for; the zero value is both
	sql  string
	args []any
	// want are the rows, each with a space between its values, and in this order if the statement has an ORDER BY that
	// decides it. All rows of a statement that has none but one row are "" if that row is all NULL: no case needs that.
	want []string
	// touch are the shards: "s1 s3", "all", or "one" if any single one will do. A refusal touches none.
	touch string
	// refused is the code of the refusal; empty if it is answered.
	refused statement.Code
	// unordered says that the order of the rows isn't decided by the statement.
	unordered bool
	// finding is the number of a fault of the library that is known and not mended yet; the case is skipped.
	finding int
}

// topics are the tables of questions, by what they are about.
var topics = map[string][]question{
	"order":     orderQuestions,
	"limit":     limitQuestions,
	"distinct":  distinctQuestions,
	"aggregate": aggregateQuestions,
	"group":     groupQuestions,
	"union":     unionQuestions,
	"subquery":  subqueryQuestions,
	"window":    windowQuestions,
	"join":      joinQuestions,
	"refused":   refusedQuestions,
	"narrow":    narrowQuestions,
	"scatter":   scatterQuestions,
	"linked":    linkedQuestions,
	"not bound": unboundQuestions,
	"disguised": disguisedQuestions,
}

// TestQuestions asks every question in both dialects.
func TestQuestions(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			w := newWorld(t, dialect)
			for topic, questions := range topics {
				t.Run(topic, func(t *testing.T) {
					for _, q := range questions {
						if q.in == 0 || q.in == dialect {
							t.Run(q.name, func(t *testing.T) { q.ask(t, w) })
						}
					}
				})
			}
		})
	}
}

// TestQuestionsAreNamedOnce keeps the tables readable: a failure is found by its name.
func TestQuestionsAreNamedOnce(t *testing.T) {
	for topic, questions := range topics {
		seen := map[string]messages.Dialect{}
		for _, q := range questions {
			other, twice := seen[q.name]
			assert.False(t, twice && (q.in == 0 || other == 0 || other == q.in), "%s: %s", topic, q.name)
			assert.NotEqual(t, q.refused == "", q.touch == "", "%s: %s: it is refused or touches shards", topic, q.name)
			seen[q.name] = q.in
		}
	}
}

func (q *question) ask(t *testing.T, w *world) {
	skipKnown(t, q.finding)
	if q.refused != "" {
		q.mustBeRefused(t, w)
		return
	}
	whole, err := ask(within(t), w.whole, q.sql, q.args...)
	require.NoError(t, err, "the one database")
	require.Equal(t, q.order(q.want), q.order(whole.rows), "the case itself is wrong: the one database says otherwise")

	ctx, touched := coordinator.WatchTouched(within(t))
	got, err := ask(ctx, w.troupe, q.sql, q.args...)
	require.NoError(t, err)
	assert.Equal(t, q.order(q.want), q.order(got.rows))
	assert.Equal(t, whole.columns, got.columns, "the columns")
	assertTouched(t, touched, q.touch)
	q.explain(t, w)

	if len(q.want) == 1 && len(whole.columns) == 1 {
		var v any
		require.NoError(t, w.troupe.QueryRow(within(t), q.sql, q.args...).Scan(&v), "as a scalar")
		assert.Equal(t, q.want[0], cell(v), "as a scalar")
	}
}

// skipKnown skips a case that a finding keeps from passing.
func skipKnown(t *testing.T, finding int) {
	t.Helper()
	if finding > 0 {
		t.Skipf("finding %d", finding)
	}
}

// explain checks that Explain says the same, and that it touches nothing.
func (q *question) explain(t *testing.T, w *world) {
	t.Helper()
	ctx, touched := coordinator.WatchTouched(within(t))
	e, err := w.troupe.Explain(ctx, q.sql, q.args...)
	require.NoError(t, err)
	assert.Empty(t, touched.Calls(), "Explain runs nothing")
	if q.refused != "" {
		require.NotNil(t, e.Refusal)
		assert.Equal(t, q.refused, e.Refusal.Code, "Explain's refusal")
		assert.Empty(t, e.Targets())
		return
	}
	assert.Nil(t, e.Refusal)
	if want, any := targets(q.touch); any {
		assert.Len(t, e.Targets(), 1, "Explain's shards")
	} else {
		assert.Equal(t, want, e.Targets(), "Explain's shards")
	}
}

// mustBeRefused checks that a statement, which one database takes, is refused before anything is sent.
func (q *question) mustBeRefused(t *testing.T, w *world) {
	_, err := ask(within(t), w.whole, "explain "+q.sql, q.args...)
	require.NoError(t, err, "the case itself is wrong: it is no statement of this dialect")

	ctx, touched := coordinator.WatchTouched(within(t))
	got, err := ask(ctx, w.troupe, q.sql, q.args...)
	require.Error(t, err, "it was answered: %v", got.rows)
	require.ErrorIs(t, err, messages.ErrRefused)
	troupetest.AssertRefused(t, err, q.refused)
	assert.Empty(t, touched.Calls(), "nothing may be sent")
	q.explain(t, w)
}

func (q *question) order(rows []string) []string {
	if q.unordered || !strings.Contains(strings.ToLower(q.sql), "order by") {
		return sorted(rows)
	}
	return append([]string{}, rows...)
}

// targets returns the shards that a case's touch names. With any it is any single one.
func targets(touch string) (want []messages.ShardID, anyOne bool) {
	switch touch {
	case "all":
		return shards, false
	case "one":
		return nil, true
	}
	for id := range strings.FieldsSeq(touch) {
		want = append(want, messages.ShardID(id))
	}
	return want, false
}

// assertTouched checks that one call was made, to exactly these shards.
func assertTouched(t *testing.T, touched *coordinator.Touched, touch string) {
	t.Helper()
	calls := touched.Calls()
	if !assert.Len(t, calls, 1, "calls") {
		return
	}
	got := calls[0].Shards
	want, anyOne := targets(touch)
	if anyOne {
		assert.Len(t, got, 1, "touched %v", got)
		return
	}
	assert.Equal(t, want, slices.Sorted(slices.Values(got)), "the shards touched")
}
