package grammar_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

var tokens = regexp.MustCompile(`(?s)'(?:[^']|'')*'|"[^"]*"|\$\d+|\w+|\s+|::|[<>=!]+|.`)

// mutate deletes, doubles or swaps tokens of text.
func mutate(random *rand.Rand, text string) string {
	list := tokens.FindAllString(text, -1)
	i := random.IntN(len(list))
	for strings.TrimSpace(list[i]) == "" {
		i = (i + 1) % len(list)
	}
	switch random.IntN(3) {
	case 0:
		list = slices.Delete(list, i, i+1)
	case 1:
		list = slices.Insert(list, i, list[i], " ")
	default:
		j := random.IntN(len(list))
		list[i], list[j] = list[j], list[i]
	}
	return strings.Join(list, "")
}

// Texts that the real grammar refuses we may accept, as the server refuses them then. But not many. Texts that it accepts
// have to mean the same for us: these are statements that nobody would write.
func TestMutants(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same texts each time
	invalid, accepted, read, valid := 0, map[string][]string{}, 0, 0
	for i, s := range parsedCorpus(t) {
		if !long && i%4 != 0 || strings.TrimSpace(s.text) == "" {
			continue
		}
		text := mutate(random, s.text)
		if unfit(text) {
			continue
		}
		wire, real := readReal(text)
		ours, err := parse(text)
		switch {
		case real != nil:
			invalid++
			if err == nil && ours.Kind != tree.Other {
				accepted[real.Error()] = append(accepted[real.Error()], text)
			}
		case err == nil && ours.Kind != tree.Other:
			n, err := decode(wire)
			require.NoError(t, err)
			if n == nil {
				t.Errorf("no single statement: %s", text)
				continue
			}
			read++
			if err := misreading(ours, dump(n)); err != nil {
				t.Errorf("%s\n%v", text, err)
			}
			real := realFacts(n)
			realShapes(n, real)
			if wrong := misnaming(ours, real); len(wrong) > 0 {
				t.Errorf("%s\n%v", text, wrong)
			}
			fallthrough
		default:
			valid++
		}
	}
	n := 0
	for _, why := range byCount(accepted) {
		n += len(accepted[why])
		t.Logf("%4d accepted, %s: %s", len(accepted[why]), why, excerpt(accepted[why]))
	}
	t.Logf("%d of %d invalid mutants accepted; %d of %d valid ones read", n, invalid, read, valid)
	require.Greater(t, invalid, 1000)
	require.LessOrEqual(t, float64(n), 0.05*float64(invalid), "too much is accepted")
}
