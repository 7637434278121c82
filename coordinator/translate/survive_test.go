package translate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/coordinator/translate"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Names that no statement has.
var (
	rarePrefix = shardworker.Names{Prefix: "zzqp_"}
	rareSchema = shardworker.Names{Schema: "zzqs"}
)

func lex(d messages.Dialect, text string) ([]tree.Token, error) {
	if d == messages.SQLite {
		return sqlite.Lex(text)
	}
	return postgresql.Lex(text)
}

// onlyNames returns an error unless out is sql with nothing else but names that have the prefix, or the schema before them, and names
// after AS. It looks at the tokens alone, and shares nothing with the package but the lexers.
func onlyNames(d messages.Dialect, sql, out string) error {
	before, err := lex(d, sql)
	if err != nil {
		return err
	}
	after, err := lex(d, out)
	if err != nil {
		return err
	}
	i, j := 0, 0
	for i < len(before) && j < len(after) {
		a, b := before[i], after[j]
		switch {
		case a.Kind == b.Kind && a.Name == b.Name && (a.Kind != tree.OtherToken || a.Of(sql) == b.Of(out)):
			i, j = i+1, j+1
		case b.Kind == tree.NameToken && b.Name == "zzqp_"+a.Name && (a.Kind == tree.WordToken || a.Kind == tree.NameToken || d == messages.SQLite && a.Kind == tree.StringToken):
			i, j = i+1, j+1
		case b.Kind == tree.NameToken && b.Name == "zzqs" && after[j+1].IsSymbol("."):
			j += 2
		case b.Is("as") && after[j+1].Kind != tree.OtherToken && after[j+1].Kind != tree.EndToken:
			j += 2
		case a.Is("table") && b.Is("select") && after[j+1].IsSymbol("*") && after[j+2].Is("from"):
			i, j = i+1, j+3
		default:
			return fmt.Errorf("%q became %q", a.Name, b.Name)
		}
	}
	if i != len(before) || j != len(after) {
		return errors.New("it ends elsewhere")
	}
	return nil
}

// checkSurvives translates a text and checks what has become of it. It returns whether it was translated.
func checkSurvives(d messages.Dialect, sql string) (bool, error) {
	translated := false
	for _, names := range []shardworker.Names{rarePrefix, rareSchema} {
		out, err := translate.Text(d, names, sql)
		if err != nil {
			if !errors.Is(err, messages.ErrRefused) && !errors.Is(err, messages.ErrInvalidRequest) {
				return false, err
			}
			continue
		}
		translated = true
		if err := onlyNames(d, sql, out); err != nil {
			return true, fmt.Errorf("%v: %w:\n%s\n%s", names, err, sql, out)
		}
		again, err := translate.Text(d, names, sql)
		if err != nil || again != out {
			return true, fmt.Errorf("it isn't the same twice: %s", sql)
		}
	}
	return translated, nil
}

// Whatever PostgreSQL's regression suite holds is translated with nothing but its names changed, or refused.
func TestCorpusSurvives(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "corpora", "postgres-regress-statements.json")
	raw, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skipf("no corpus at %s beside the module's root: nothing was checked", path)
	}
	require.NoError(t, err)
	var texts []string
	require.NoError(t, json.Unmarshal(raw, &texts))
	for d, least := range map[messages.Dialect]int{messages.PostgreSQL: 8000, messages.SQLite: 4000} {
		translated := 0
		for _, text := range texts {
			ok, err := checkSurvives(d, text)
			require.NoError(t, err)
			if ok {
				translated++
			}
		}
		t.Logf("%s: %d of %d were translated", d, translated, len(texts))
		require.Greater(t, translated, least)
	}
}

func fuzzSurvives(f *testing.F, d messages.Dialect) {
	for _, list := range [][]example{both, inPostgreSQL, inSQLite} {
		for _, e := range list {
			f.Add(e.sql)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := checkSurvives(d, text); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzTranslateSQLite(f *testing.F)     { fuzzSurvives(f, messages.SQLite) }
func FuzzTranslatePostgreSQL(f *testing.F) { fuzzSurvives(f, messages.PostgreSQL) }

// TestSameLetters: whatever else has the letters of a table's name survives, wherever it stands.
func TestSameLetters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(inBoth).Draw(t, "dialect")
		name := rapid.SampledFrom([]string{"t", "orders", "Key", `"select"`, `"a b"`, `"it's"`}).Draw(t, "name")
		bare := strings.Trim(name, `"`)
		text := "'" + strings.ReplaceAll(bare, "'", "''") + "'"
		other := []string{
			text, "'from " + strings.Trim(text, "'") + "'", "/* from " + bare + " */ 1", "1 -- from " + bare + "\n", name, name + "." + name, name + "(1)",
			"(SELECT 1 AS " + name + ")", "(SELECT " + name + " FROM other AS " + name + ")", "(WITH " + name + " AS (SELECT 1 AS x) SELECT x FROM " + name + ")",
			"CASE WHEN " + name + " = " + text + " THEN 1 END",
		}
		expr := rapid.SampledFrom(other)
		e1, e2, e3 := expr.Draw(t, "first"), expr.Draw(t, "second"), expr.Draw(t, "third")
		pattern := rapid.SampledFrom([]string{
			"SELECT %[2]s AS a, %[3]s AS b FROM %[1]s WHERE %[4]s = 1", "SELECT %[2]s AS a FROM %[1]s JOIN u AS x ON %[3]s = %[4]s",
			"INSERT INTO %[1]s (a) SELECT %[2]s AS a FROM u GROUP BY %[3]s HAVING %[4]s > 0", "UPDATE %[1]s SET a = %[2]s WHERE %[3]s = %[4]s",
			"DELETE FROM %[1]s WHERE %[2]s = 1 AND %[3]s = %[4]s", "SELECT %[2]s AS a FROM (SELECT %[3]s AS b FROM %[1]s) AS y ORDER BY %[4]s",
		}).Draw(t, "pattern")
		sql := fmt.Sprintf(pattern, name, e1, e2, e3)
		for names, table := range map[shardworker.Names]string{
			rarePrefix: `"zzqp_` + strings.ToLower(bare) + `" AS ` + name, rareSchema: `"zzqs".` + name,
		} {
			mark := func(table, other, alias string) string {
				sub := strings.NewReplacer("FROM other AS", "FROM "+other+" AS", "FROM u", "FROM "+alias, "JOIN u", "JOIN "+strings.TrimSuffix(alias, " AS u"))
				return sub.Replace(fmt.Sprintf(pattern, table, e1, e2, e3))
			}
			want := mark(table, `"zzqp_other"`, `"zzqp_u" AS u`)
			if names == rareSchema {
				want = mark(table, `"zzqs".other`, `"zzqs".u`)
			}
			got, err := translate.Text(d, names, sql)
			if err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			if got != want {
				t.Fatalf("%s\n got %s\nwant %s", sql, got, want)
			}
		}
	})
}
