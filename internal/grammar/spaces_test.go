package grammar_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/stretchr/testify/require"
	pgquery "github.com/wasilibs/go-pgquery"
)

// respace returns text with other things between its tokens, which the real grammar tells apart: comments with whatever
// they may hold, other white space, and often nothing at all. It can be another statement, then.
func respace(random *rand.Rand, text string) (string, error) {
	if unfit(text) {
		return "", errUnfit
	}
	realGrammar.Lock()
	defer realGrammar.Unlock()
	result, err := pgquery.Scan(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, token := range result.Tokens {
		if token.Token == pg.Token_SQL_COMMENT || token.Token == pg.Token_C_COMMENT {
			continue
		}
		b.WriteString([]string{
			"", "", " ", " ", "\n", "\t\r\f\v", "/**/", " /* it's /* $1 */ ; \" */ ", " -- it's; $$ /*\n", "--\n",
		}[random.IntN(10)])
		b.WriteString(text[token.Start:token.End])
	}
	return b.String(), nil
}

// Comments and white space change nothing, and their lack neither.
func TestSpaces(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // the same texts each time
	checked, refused := 0, map[string][]string{}
	for i, s := range parsedCorpus(t) {
		if !long && i%5 != 0 {
			continue
		}
		text, err := respace(random, s.text)
		if errors.Is(err, errUnfit) {
			continue
		}
		require.NoError(t, err)
		ok, detail := checkOne(t, text)
		if ok && detail != "" {
			refused[detail] = append(refused[detail], text)
		} else if ok {
			checked++
		}
	}
	n := 0
	for _, detail := range byCount(refused) {
		n += len(refused[detail])
		t.Logf("%4d refused, %s: %q", len(refused[detail]), detail, excerpt(refused[detail]))
	}
	t.Logf("%d checked", checked)
	require.Greater(t, checked, 1000)
	require.Less(t, n, checked/50)
}

// What stands around a statement is no part of its body.
func TestBody(t *testing.T) {
	for i, s := range parsedCorpus(t) {
		if !long && i%3 != 0 {
			continue
		}
		before, after := " -- ;\n/* ' */\t", " /* ; */ ; -- '\n "
		body := s.Body.Of(s.text)
		wrapped, err := parse(before + body + after)
		require.NoError(t, err, s.text)
		require.Equal(t, body, wrapped.Body.Of(wrapped.Text), s.text)
		require.Equal(t, body, wrapped.Root.Extent().Of(wrapped.Text), s.text)
	}
}
