package oracletest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// TestDroppedTargetsTakeTheirOrderAlong checks that an order key goes with the column that it stands for.
func TestDroppedTargetsTakeTheirOrderAlong(t *testing.T) {
	column := func(name string) *expression { return &expression{kind: integer, name: name} }
	made := func() *query {
		a, b, c := column("a"), column("b"), column("c")
		arm := func() *selection {
			return &selection{targets: []target{{expression: a}, {expression: b}, {expression: c}}, from: &source{name: "t"}}
		}
		return &query{arms: []*selection{arm(), arm()}, ops: []string{"union"}, order: []orderKey{
			{expression: c, ordinal: 3, column: 2}, {expression: b, ordinal: 2, column: 1}, {expression: a, column: -1},
		}}
	}
	for i, want := range []string{
		"select b, c from t union select b, c from t order by 2, 1, a",
		"select a, c from t union select a, c from t order by 2, a",
		"select a, b from t union select a, b from t order by 2, a",
	} {
		q := made()
		q.dropTarget(i)
		sql, _ := (&statement{query: q}).render(messages.SQLite)
		require.Equal(t, want, sql)
	}
}

// TestSimplerStatementsHaveTheirOrder checks of every way to simplify a statement that what it is ordered by is still there.
func TestSimplerStatementsHaveTheirOrder(t *testing.T) {
	for _, dialect := range dialects {
		s := newSchema(random(5, 5), dialect)
		for n := range uint64(600) {
			st := newStatement(s, 5, n)
			for i := range st.simplifications() {
				candidate := st.clone()
				candidate.simplifications()[i]()
				q := candidate.query
				if q == nil || q.arms[0].targets[0].star != "" {
					continue
				}
				for _, k := range q.order {
					require.Less(t, k.column, len(q.arms[0].targets))
					require.LessOrEqual(t, k.ordinal, len(q.arms[0].targets))
				}
			}
		}
	}
}
