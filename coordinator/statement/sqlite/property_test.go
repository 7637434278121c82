package sqlite_test

import (
	"strings"
	"testing"

	"github.com/sqlc-dev/meyer/lexer"
	"github.com/sqlc-dev/meyer/token"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

var (
	operands = rapid.SampledFrom([]string{"0", "1", "2", "3", "-1", "2.5", "null", "'a'", "'1'", "'A'", "x'31'", "max(1, 2)", "case 1 when 1 then 2 end"})
	prefixes = rapid.SampledFrom([]string{"", "", "", "", "not ", "- ", "+ ", "~ ", "not - "})
	infixes  = rapid.SampledFrom([]string{
		"+", "-", "*", "/", "%", "||", "&", "|", "<<", ">>", "<", "<=", ">", ">=", "=", "==", "<>", "!=", "is", "is not",
		"is distinct from", "is not distinct from", "and", "or", "like", "not like", "glob", "not glob",
	})
	suffixes = rapid.SampledFrom([]string{
		"", "", "", "", " isnull", " notnull", " not null", " is null", " collate nocase", " in (1, 2)", " not in (2, 'a')",
		" between 1 and 2", " not between 0 and 1 + 1", " between 2 = 2 and 3", " like 'A' escape '!'", " in ()",
		" between not 1 and 2", " between - 1 and not 2", " like not 1", " like 1 escape not 'a'", " is not not 1", " collate nocase not null",
	})
)

// A random expression has the same value once the tree's understanding of it is written into it with parentheses.
func TestPrecedence(t *testing.T) {
	e := newEngine(t)
	values := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		text.WriteString("select ")
		for i := range rapid.IntRange(1, 7).Draw(t, "operands") {
			if i > 0 {
				text.WriteString(" " + infixes.Draw(t, "operator") + " ")
			}
			text.WriteString(prefixes.Draw(t, "prefix") + operands.Draw(t, "operand") + suffixes.Draw(t, "suffix"))
		}
		value := e.value(text.String())
		if refused.MatchString(value) {
			parseErrorOf(t, text.String())
			return
		}
		s, err := sqlite.Parse(text.String())
		if err != nil {
			var wrong *tree.Error
			require.ErrorAs(t, err, &wrong)
			require.Equal(t, "NOT before NOT NULL without parentheses", wrong.Detail)
			require.Contains(t, text.String(), "not null")
			return
		}
		require.Equal(t, value, e.value(spliced(s)), "%s\n%s", text.String(), spliced(s))
		values[value]++
	})
	t.Log(values)
	require.Greater(t, len(values), 3, "too few kinds of values to tell anything")
}

// White space, comments and the case of keywords and names change nothing but spans.
func TestTrivia(t *testing.T) {
	var texts []string
	for _, example := range expressions {
		texts = append(texts, "select "+example.text+" from t")
	}
	for _, example := range statements {
		texts = append(texts, example.text)
	}
	trivia := rapid.SampledFrom([]string{" ", "\n", "\t\f", " -- ; limit (\n", "/* order by ' */", "/**/", "/*/ ) */ ", " \v", " \ufeff "})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(texts).Draw(t, "text")
		want := dump(parsed(t, text).Root)
		var b strings.Builder
		tokens := lexer.Lex(text)
		for i, word := range tokens[:len(tokens)-1] {
			written := text[word.Pos:word.End]
			if word.Kind != token.STRING && word.Kind != token.VARIABLE && rapid.Bool().Draw(t, "upper") && !strings.ContainsAny(written, "0123456789") {
				written = strings.ToUpper(written)
			}
			b.WriteString(written)
			if i < len(tokens)-2 && (word.End < tokens[i+1].Pos || rapid.Bool().Draw(t, "apart")) {
				b.WriteString(trivia.Draw(t, "trivia"))
			}
		}
		require.Equal(t, want, dump(parsed(t, b.String()).Root), b.String())
	})
}

func parsed(t *rapid.T, text string) *tree.Statement {
	s, err := sqlite.Parse(text)
	require.NoError(t, err, text)
	require.Empty(t, structure(s), text)
	return s
}

func parseErrorOf(t *rapid.T, text string) {
	_, err := sqlite.Parse(text)
	require.Error(t, err, text)
}
