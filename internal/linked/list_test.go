package linked_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/internal/linked"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type element struct{ links linked.Links[element] }

// TestListAgainstASlice adds and removes at random, elements that aren't in the list, too.
func TestListAgainstASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		elements := make([]element, 5)
		var list linked.List[element]
		model := []*element{}
		for range rapid.IntRange(0, 50).Draw(t, "steps") {
			e := &elements[rapid.IntRange(0, len(elements)-1).Draw(t, "element")]
			at := slices.Index(model, e)
			require.Equal(t, at >= 0, e.links.In())
			switch {
			case at < 0 && rapid.Bool().Draw(t, "add"):
				list.Add(e, &e.links)
				model = slices.Insert(model, 0, e)
			default:
				list.Remove(&e.links)
				if at >= 0 {
					model = slices.Delete(model, at, at+1)
				}
			}
			require.Equal(t, len(model), list.Len())
			all := list.All()
			require.Len(t, all, len(model))
			for i := range model {
				require.Same(t, model[i], all[i])
			}
		}
	})
}
