package profile_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/bench/profile"
)

type row struct {
	id    int64
	texts []string
}

func rowsOf(t *rapid.T) []row {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) row {
		return row{rapid.Int64().Draw(t, "id"), rapid.SliceOfN(rapid.StringN(0, 5, 20), 0, 3).Draw(t, "texts")}
	}), 1, 20).Draw(t, "rows")
}

func answer(rows []row) (a profile.Answer) {
	for _, r := range rows {
		a.Add(r.id, r.texts...)
	}
	return a
}

// The order of rows, and who has found them, makes no difference.
func TestAnswerOfPartsIsThatOfTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rowsOf(t)
		whole := answer(rows)
		parts := answer(rows[len(rows)/2:])
		slices.Reverse(rows[:len(rows)/2])
		parts.Join(answer(rows[:len(rows)/2]))
		require.NoError(t, parts.Want(whole))
		require.NoError(t, whole.Times(3).Want(answer(append(append(slices.Clone(rows), rows...), rows...))))
	})
}

func TestAnswerSeesWhatIsWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rowsOf(t)
		right := answer(rows)
		require.ErrorContains(t, answer(rows[1:]).Want(right), "rows, not")
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "which")
		changed := slices.Clone(rows)
		changed[i].id++
		require.ErrorContains(t, answer(changed).Want(right), "other values")
		changed = slices.Clone(rows)
		changed[i].texts = append(slices.Clone(rows[i].texts), "")
		require.ErrorContains(t, answer(changed).Want(right), "other values")
	})
}

// Texts that change their places are seen, unless they look alike.
func TestAnswerSeesColumnsMixedUp(t *testing.T) {
	var right, wrong profile.Answer
	right.Add(1, "name 1", "description 1")
	wrong.Add(1, "description 1", "name 1")
	require.Error(t, wrong.Want(right))
}
