package messages_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

// grammar is the grammar of shard ids, written down a second time. \z, because $ would let a last newline pass.
var grammar = regexp.MustCompile(`\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}\z`)

func TestShardIDGrammar(t *testing.T) {
	for _, valid := range []string{
		"a", "Z", "0", "_", "asia", "Asia", "eu-west-1", "a.b", "a-", "a.", "a..b", "_-.", "0-9", strings.Repeat("x", 63),
	} {
		require.NoError(t, messages.ShardID(valid).Validate(), valid)
		require.Regexp(t, grammar, valid)
	}
	for _, invalid := range []string{
		"", "-", ".", "-a", ".a", "..", "a b", " a", "a ", "a\n", "\na", "a\x00", "a/b", `a\b`, `a"b`, "a'b", "a;b", "a:b", "a%b",
		"\u0430sia" /* a Cyrillic а */, "asi\u00e1", "a\u200b", "a\xff", strings.Repeat("x", 64), strings.Repeat("x", 10_000),
		strings.Repeat("\xff", 64), strings.Repeat("é", 40),
	} {
		checkShardID(t, invalid)
		require.Error(t, messages.ShardID(invalid).Validate(), "%q", invalid)
		require.NotRegexp(t, grammar, invalid)
	}
}

func TestShardIDValidateIsTheGrammar(t *testing.T) {
	likely := rapid.StringMatching(`[A-Za-z0-9_.-]{0,70}[ -~é\n]?[A-Za-z0-9_.-]{0,3}`)
	rapid.Check(t, func(t *rapid.T) { checkShardID(t, likely.Draw(t, "id")) })
	rapid.Check(t, func(t *rapid.T) { checkShardID(t, rapid.String().Draw(t, "id")) })
}

func FuzzShardID(f *testing.F) {
	for _, seed := range []string{"", "asia", "-a", "a\n", "\xff", strings.Repeat("x", 64)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) { checkShardID(t, id) })
}

// checkShardID checks that Validate agrees with grammar, and that its error can be logged as it is.
func checkShardID(t require.TestingT, id string) {
	err := messages.ShardID(id).Validate()
	require.Equal(t, grammar.MatchString(id), err == nil, "%q: %v", id, err)
	if err == nil {
		return
	}
	require.ErrorIs(t, err, messages.ErrInvalidShardID)
	require.Less(t, len(err.Error()), 600)
	require.NotContains(t, err.Error(), "\n")
	for _, r := range err.Error() {
		require.True(t, unicode.IsPrint(r), "%q", err.Error())
	}
}
