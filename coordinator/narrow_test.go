package coordinator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// condition is a condition over key columns, and what it says of a key.
type condition struct {
	sql   string
	args  []any
	holds func(key []int) bool
	exact bool // it is of single values only, so that not one shard more is asked than have a key
}

// conditionOver draws a condition over columns k0, k1, … of which the keys are small numbers.
func conditionOver(t *rapid.T, columns, depth int) condition {
	var c condition
	var draw func(depth int) (string, func([]int) bool)
	value := func() (string, int) {
		v := rapid.IntRange(-1, 12).Draw(t, "value")
		if rapid.Bool().Draw(t, "argument") {
			c.args = append(c.args, v)
			return fmt.Sprintf("$%d", len(c.args)), v
		}
		return fmt.Sprint(v), v
	}
	c.exact = true
	draw = func(depth int) (string, func([]int) bool) {
		at := rapid.IntRange(0, columns-1).Draw(t, "column")
		name := fmt.Sprintf("k%d", at)
		kind := rapid.IntRange(0, 5).Draw(t, "kind")
		if depth > 0 {
			kind = rapid.IntRange(0, 8).Draw(t, "kind")
		}
		switch kind {
		case 0, 1:
			text, v := value()
			return name + " = " + text, func(k []int) bool { return k[at] == v }
		case 2:
			var texts []string
			var values []int
			for range rapid.IntRange(1, 4).Draw(t, "length") {
				text, v := value()
				texts, values = append(texts, text), append(values, v)
			}
			return name + " IN (" + strings.Join(texts, ", ") + ")", func(k []int) bool { return slices.Contains(values, k[at]) }
		case 3:
			c.exact = false
			lo, l := value()
			hi, h := value()
			return name + " BETWEEN " + lo + " AND " + hi, func(k []int) bool { return l <= k[at] && k[at] <= h }
		case 4:
			c.exact = false
			text, v := value()
			return text + " < " + name, func(k []int) bool { return v < k[at] }
		case 5:
			c.exact = false
			text, v := value()
			return "NOT " + name + " > " + text, func(k []int) bool { return k[at] <= v }
		}
		l, left := draw(depth - 1)
		r, right := draw(depth - 1)
		switch {
		case kind == 6:
			c.exact = c.exact && columns == 1 // each column has its own set: their product is more
			return "(" + l + " OR " + r + ")", func(k []int) bool { return left(k) || right(k) }
		case kind == 7:
			return "(" + l + " AND " + r + ")", func(k []int) bool { return left(k) && right(k) }
		default:
			c.exact = false
			return "NOT (" + l + " AND " + r + ")", func(k []int) bool { return !(left(k) && right(k)) }
		}
	}
	c.sql, c.holds = draw(depth)
	return c
}

// TestNarrowingAsksEveryShardThatHasAKey compares the shards that a statement goes to with those of the keys that satisfy it, found by
// trying each. More shards are a loss, fewer would be a wrong answer.
func TestNarrowingAsksEveryShardThatHasAKey(t *testing.T) {
	const bottom, top = -2, 25
	hash := coordinator.Hash{Buckets: coordinator.Buckets(8, "s0", "s1", "s2")}
	lookup, list := coordinator.Lookup{}, coordinator.List{}
	for v := range top {
		id := messages.ShardID(fmt.Sprint("s", v*v%3))
		lookup[v] = id
		list[id] = append(list[id], int64(v))
	}
	integers := func(n int) []coordinator.KeyType { return slices.Repeat([]coordinator.KeyType{coordinator.Integer}, n) }
	bucket := func(keys ...any) messages.ShardID {
		b, err := coordinator.Bucket(8, integers(len(keys)), keys...)
		require.NoError(t, err)
		return hash.Buckets[b]
	}
	one := func(k []int) messages.ShardID { return lookup[k[0]] }
	for name, test := range map[string]struct {
		keys  int
		route coordinator.Route
		shard func(key []int) messages.ShardID
		exact bool // few keys are on every shard
		order bool // it knows which shards the keys between two others are on
	}{
		"lookup": {1, lookup, one, true, true},
		"list":   {1, list, one, true, true},
		"range": {1, byDecade, func(k []int) messages.ShardID {
			switch {
			case k[0] < 10:
				return "s0"
			case k[0] < 20:
				return "s1"
			default:
				return "s2"
			}
		}, true, true},
		"hash":           {1, hash, func(k []int) messages.ShardID { return bucket(k[0]) }, true, false},
		"composite hash": {2, hash, func(k []int) messages.ShardID { return bucket(k[0], k[1]) }, false, false},
		"function": {2, coordinator.RouteFunc(routeBySum), func(k []int) messages.ShardID {
			return messages.ShardID(fmt.Sprint("s", (k[0]+k[1]+300)%3))
		}, true, false},
	} {
		for _, dialect := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
			t.Run(fmt.Sprint(name, "/", dialect), func(t *testing.T) {
				names := []string{"k0", "k1"}[:test.keys]
				c := spawn(t, 3, func(cfg *coordinator.Config) {
					cfg.Tables = coordinator.Tables{"t": {Keys: names, Types: integers(test.keys), Route: test.route}}
				}, fake.Config{Dialect: dialect})
				rapid.Check(t, func(t *rapid.T) {
					where := conditionOver(t, test.keys, 2)
					need := map[messages.ShardID]bool{}
					const width = top - bottom
					for n := range width * width {
						key := []int{bottom + n%width, bottom + n/width}[:test.keys]
						if id := test.shard(key); id != "" && where.holds(key) {
							need[id] = true
						}
					}
					e, err := c.Explain(ctx(t), "select * from t where "+where.sql, where.args...)
					require.NoError(t, err)
					require.Nil(t, e.Refusal)
					got := e.Targets()
					for id := range need {
						require.Contains(t, got, id, "%s %v", where.sql, where.args)
					}
					if test.order || where.exact && test.exact {
						require.Len(t, got, max(1, len(need)), "%s %v: %v", where.sql, where.args, need)
					}
				})
				require.Empty(t, c.asked())
			})
		}
	}
}
