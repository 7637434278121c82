package statement_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

var bothDialects = []messages.Dialect{messages.PostgreSQL, messages.SQLite}

// shop is the catalogue of most tests: users, orders and items live together by k; logs are on their own by k, and pairs by
// two columns; names by a text; colors are everywhere.
var shop = &statement.Catalogue{Tables: map[string]*statement.Table{
	"users":  {Name: "users", Keys: keys("k"), Group: "tenant", Columns: []string{"k", "id", "x"}},
	"orders": {Name: "orders", Keys: keys("k"), Group: "tenant", Columns: []string{"k", "id", "x"}},
	"items":  {Name: "items", Keys: keys("k"), Group: "tenant"},
	"logs":   {Name: "logs", Keys: keys("k")},
	"pairs":  {Name: "pairs", Keys: keys("k", "l"), Group: "pair", Columns: []string{"k", "l", "x"}},
	"duos":   {Name: "duos", Keys: keys("k", "l"), Group: "pair", Columns: []string{"k", "l", "x"}},
	"names":  {Name: "names", Keys: []statement.KeyColumn{{Name: "n", Type: keyset.Text}}},
	"uuids":  {Name: "uuids", Keys: []statement.KeyColumn{{Name: "u", Type: keyset.UUID}}},
	"colors": {Name: "colors", Reference: true, Columns: []string{"id", "x"}},
}}

func keys(names ...string) []statement.KeyColumn {
	var list []statement.KeyColumn
	for _, n := range names {
		list = append(list, statement.KeyColumn{Name: n, Type: keyset.Integer})
	}
	return list
}

// read parses a text that must be valid.
func read(t require.TestingT, d messages.Dialect, sql string) *tree.Statement {
	s, err := statement.Read(d, sql)
	require.NoError(t, err, sql)
	return s
}

func analyse(t require.TestingT, d messages.Dialect, sql string) *statement.Analysis {
	return statement.Analyse(read(t, d, sql), shop)
}

// written returns keys in one word: "*", "{}", "{1,2}", "[1,3)".
func written(k keyset.Keys) string {
	if k.All {
		return "*"
	}
	var parts []string
	if len(k.Values) > 0 || len(k.Intervals) == 0 {
		var values []string
		for _, v := range k.Values {
			values = append(values, fmt.Sprint(v))
		}
		parts = append(parts, "{"+strings.Join(values, ",")+"}")
	}
	for _, i := range k.Intervals {
		lo, hi := "(", ")"
		if i.Lo != nil {
			if !i.LoOpen {
				lo = "["
			}
			lo += fmt.Sprint(i.Lo)
		}
		if i.Hi != nil {
			if !i.HiOpen {
				hi = "]"
			}
			hi = fmt.Sprint(i.Hi) + hi
		}
		parts = append(parts, lo+".."+hi)
	}
	return strings.Join(parts, "+")
}

// keysOf returns the keys of each occurrence, in the order of the text.
func keysOf(a *statement.Analysis, args ...any) string {
	var list []string
	for _, o := range a.Occurrences {
		text := o.Table.Name.Name
		for i, k := range o.Keys {
			text += " " + written(keyset.Evaluate(k, o.Decl.Keys[i].Type, args))
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

// clauseOf returns the clause of a refusal after checking its form; empty if there is none.
func clauseOf(t testing.TB, sql string, r *statement.Refusal) string {
	t.Helper()
	if r == nil {
		return ""
	}
	err := r.Err()
	require.ErrorIs(t, err, messages.ErrRefused, sql)
	var e *messages.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "route", e.Op)
	var found *statement.Refusal
	require.ErrorAs(t, err, &found)
	require.Same(t, r, found)
	require.Contains(t, statement.Reasons(), r.Code, sql)
	require.NotEmpty(t, r.Reason, sql)
	require.NotEmpty(t, r.Hint, sql)
	require.True(t, 0 <= r.Offset && r.Offset <= len(sql), "%s: byte %d", sql, r.Offset)
	require.Contains(t, e.Detail, r.Clause+" at byte ")
	require.Contains(t, e.Detail, r.Reason+"; "+r.Hint)
	return r.Clause
}
