package session

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

// TestIdentities: whatever is put there and taken out, in any order, is found by its key, and with its twins in the order in which they came.
func TestIdentities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var i identities
		var there []*entry
		with := func(r row) (twins []*entry) {
			for _, e := range there {
				if e.row() == r {
					twins = append(twins, e)
				}
			}
			return twins
		}
		key := func(t *rapid.T) messages.Key {
			pk, err := messages.NewPrimaryKey(rapid.IntRange(0, 1).Draw(t, "pk"))
			require.NoError(t, err)
			return messages.Key{
				Table: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "table"), PK: pk,
				Shard: rapid.SampledFrom([]messages.ShardID{"x", "y", "z"}).Draw(t, "shard"),
			}
		}
		find := func(k messages.Key) *entry {
			if at := slices.IndexFunc(there, func(e *entry) bool { return e.key == k }); at >= 0 {
				return there[at]
			}
			return nil
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				if k := key(t); find(k) == nil {
					e := &entry{now: now{key: k}}
					i.put(e)
					there = append(there, e)
				}
			},
			"remove": func(t *rapid.T) {
				if len(there) > 0 {
					at := rapid.IntRange(0, len(there)-1).Draw(t, "at")
					i.remove(there[at])
					there = slices.Delete(there, at, at+1)
				}
			},
			"reserve": func(t *rapid.T) { i.reserve(key(t).Table, rapid.IntRange(0, 10).Draw(t, "more")) },
			"reset": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "seldom") > 0 {
					return
				}
				i.reset(there)
				there = slices.DeleteFunc(there, func(e *entry) bool { return rapid.Bool().Draw(t, "gone") })
				for _, e := range there {
					i.put(e)
				}
			},
			"": func(t *rapid.T) {
				for _, table := range []string{"a", "b", "c"} {
					for n := range 3 {
						pk, err := messages.NewPrimaryKey(n)
						require.NoError(t, err)
						r := row{table, pk}
						twins := with(r)
						require.Equal(t, twins, i.all(r))
						if len(twins) == 1 {
							require.Same(t, twins[0], i.only(r))
						} else {
							require.Nil(t, i.only(r))
						}
						for _, shard := range []messages.ShardID{"x", "y", "z"} {
							k := messages.Key{Table: table, PK: pk, Shard: shard}
							require.True(t, find(k) == i.get(k), "%v", k)
						}
					}
				}
			},
		})
	})
}
