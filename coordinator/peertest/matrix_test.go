package peertest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// reach says which shards a statement may touch: those of some keys, or every one. No key at all is any one shard, which
// has to say that there is nothing.
type reach struct {
	every bool
	keys  []int64
}

func at(keys ...int64) reach { return reach{keys: keys} }

var every = reach{every: true}

// layout is one table of the matrix: a kind of route over a type of key.
type layout struct {
	name, table string
	items       []item
	text        bool // the keys are texts
	home        func(int64) messages.ShardID
	reach       func(*predicate) reach
}

var layouts = []layout{
	{"integers by hash", "hashed", slices.Concat(items, beyond), false, hashedShard, func(p *predicate) reach { return p.hashed }},
	{"texts by lookup", "listed", items, true, func(k int64) messages.ShardID { return listedShard[k] }, func(p *predicate) reach { return p.listed }},
	{"integers by range", "ranged", slices.Concat(items, beyond), false, rangedShard, func(p *predicate) reach { return p.ranged }},
}

// spots are what a predicate reaches by route.
type spots struct{ hashed, listed, ranged reach }

// alike is for a predicate that reaches the same keys whatever the route.
func alike(r reach) spots { return spots{r, r, r} }

// predicate is a row of the matrix.
type predicate struct {
	sql string // {1} stands for the key 1, {'x'} for the text x; each as a literal or as an argument
	// holds says which rows satisfy it.
	holds func(item) bool
	spots
	integers bool // it makes sense for integer keys only
	in       messages.Dialect
	ordered  bool // it depends on how keys are ordered, which for texts is PostgreSQL's own business
	literals bool // with arguments it wouldn't have a type, or would be another statement
}

// TestPruningIsSound runs the whole matrix: for each predicate the rows, their number, and the shards touched.
func TestPruningIsSound(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			w := newWorld(t, dialect)
			for _, l := range layouts {
				for _, p := range predicates {
					if p.in != 0 && p.in != dialect || p.integers && l.text {
						continue
					}
					t.Run(l.name+"/"+p.sql, func(t *testing.T) { p.check(t, w, &l) })
				}
			}
		})
	}
}

// reachOf returns what a predicate reaches in a dialect.
func (l *layout) reachOf(p *predicate, dialect messages.Dialect) reach {
	if p.ordered && l.text && dialect == postgres {
		return every
	}
	return l.reach(p)
}

func (p *predicate) check(t *testing.T, w *world, l *layout) {
	var want []string
	for _, i := range l.items {
		if p.holds(i) {
			want = append(want, fmt.Sprint(i.id))
		}
	}
	for _, arguments := range []bool{false, true} {
		if arguments && p.literals {
			continue
		}
		where, args := l.render(p.sql, arguments)
		for select_, want := range map[string][]string{"id": want, "count(*)": {strconv.Itoa(len(want))}} {
			sql := fmt.Sprintf("select %s from %s where %s", select_, l.table, where)
			whole, err := ask(within(t), w.whole, sql, args...)
			require.NoError(t, err, sql)
			require.Equal(t, sorted(want), sorted(whole.rows), "the case itself is wrong: the one database says otherwise: %s", sql)

			ctx, touched := coordinator.WatchTouched(within(t))
			got, err := ask(ctx, w.troupe, sql, args...)
			require.NoError(t, err, sql)
			assert.Equal(t, sorted(want), sorted(got.rows), sql)
			assertTouched(t, touched, l.touch(l.reachOf(p, w.dialect)))
		}
	}
}

// touch returns the shards that are reached, as [assertTouched] takes them.
func (l *layout) touch(r reach) string {
	switch {
	case r.every:
		return "all"
	case len(r.keys) == 0:
		return "one"
	}
	var ids []string
	for _, k := range r.keys {
		ids = append(ids, string(l.home(k)))
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " ")
}

var placeholder = regexp.MustCompile(`\{'\w+'\}|\{-?\d+\}`)

// render fills a text's placeholders in.
func (l *layout) render(sql string, arguments bool) (string, []any) {
	var args []any
	text := placeholder.ReplaceAllStringFunc(sql, func(place string) string {
		inner := strings.Trim(place, "{}")
		value := any(strings.Trim(inner, "'"))
		if key, err := strconv.ParseInt(inner, 10, 64); err == nil {
			value = key
			if l.text {
				value = textKey(key)
			}
		}
		if !arguments {
			return literal(value)
		}
		args = append(args, value)
		return fmt.Sprintf("$%d", len(args))
	})
	return strings.ReplaceAll(text, "{t}", l.table), args
}

// TestTheTestsKnowWhereKeysAre checks that the tests put rows where troupe looks for them, and that keys are spread over
// the shards, so that a shard too few and a shard too many are both noticed.
func TestTheTestsKnowWhereKeysAre(t *testing.T) {
	used := map[int]bool{}
	for k := range listedShard {
		assert.Equal(t, listedShard[k], hashedShard(k), "keys share a bucket")
		used[bucket(k)] = true
		theirs, err := coordinator.Bucket(buckets, []coordinator.KeyType{coordinator.Integer}, k)
		require.NoError(t, err)
		assert.Equal(t, theirs, bucket(k), "the hash isn't what its comment promises")
	}
	assert.Len(t, used, len(listedShard))
	for _, l := range layouts {
		homes := map[messages.ShardID]bool{}
		for _, i := range l.items {
			homes[l.home(i.k)] = true
		}
		assert.Len(t, homes, len(shards), l.name)
	}
}
