package oracletest

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// placement says where keys live: as a route for the coordinator, and by a computation of its own that tells where they
// must be found.
type placement interface {
	// shard returns the number of the key's shard among n, and false if the key lives nowhere.
	shard(key []value, n int) (int, bool)
	// route returns the same for a troupe over shards.
	route(shards []messages.ShardID) coordinator.Route
}

func newPlacement(r *rand.Rand, f *family) placement {
	if len(f.kinds) > 1 {
		return among(r, []placement{hashed{}, hashed{}, computed{}})
	}
	switch r.IntN(6) {
	case 0, 1:
		return hashed{}
	case 2:
		return listed{pool: f.pool}
	case 3:
		return listed{pool: f.pool, byShard: true}
	case 4:
		return newRanged(f)
	default:
		return computed{}
	}
}

// buckets is odd, so that no shard has as many as another.
const buckets = 61

// hashed is [coordinator.Hash], by the function that its comment promises.
type hashed struct{}

func bucketShard(bucket, n int) int { return (bucket*7 + 3) % n }

func (hashed) shard(key []value, n int) (int, bool) {
	h := fnv.New64a()
	for _, v := range key {
		var b []byte
		if v.kind == text {
			b = append(binary.BigEndian.AppendUint64([]byte{'t'}, uint64(len(v.s))), v.s...)
		} else {
			b = binary.BigEndian.AppendUint64([]byte{'i'}, uint64(v.i))
		}
		_, _ = h.Write(b) // a hash never fails
	}
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return bucketShard(int(x%buckets), n), true
}

func (hashed) route(shards []messages.ShardID) coordinator.Route {
	h := coordinator.Hash{}
	for i := range buckets {
		h.Buckets = append(h.Buckets, shards[bucketShard(i, len(shards))])
	}
	return h
}

// listed is [coordinator.Lookup], or [coordinator.List] if it is by shard. It knows the pool's keys and no others.
type listed struct {
	pool    [][]value
	byShard bool
}

func (l listed) shard(key []value, n int) (int, bool) {
	at := slices.IndexFunc(l.pool, func(k []value) bool { return k[0].i == key[0].i && k[0].s == key[0].s })
	return (at*5 + 1) % n, at >= 0
}

func (l listed) route(shards []messages.ShardID) coordinator.Route {
	lookup, list := coordinator.Lookup{}, coordinator.List{}
	for _, key := range l.pool {
		n, _ := l.shard(key, len(shards))
		goValue := key[0].argument(messages.SQLite, 3)
		lookup[goValue] = shards[n]
		list[shards[n]] = append(list[shards[n]], goValue)
	}
	if l.byShard {
		return list
	}
	return lookup
}

// ranged is [coordinator.Range]: the pool's keys in order, dealt out in runs.
type ranged struct{ sorted []value }

func newRanged(f *family) ranged {
	var r ranged
	for _, key := range f.pool {
		r.sorted = append(r.sorted, key[0])
	}
	slices.SortFunc(r.sorted, compareKeys)
	return r
}

func compareKeys(a, b value) int {
	if a.kind == text {
		return strings.Compare(a.s, b.s)
	}
	switch {
	case a.i < b.i:
		return -1
	case a.i > b.i:
		return 1
	default:
		return 0
	}
}

// bound returns the first key that isn't on the shard.
func (r ranged) bound(shard, n int) (value, bool) {
	if shard == n-1 {
		return value{}, false
	}
	return r.sorted[(shard+1)*len(r.sorted)/n], true
}

func (r ranged) shard(key []value, n int) (int, bool) {
	for s := range n {
		if bound, ok := r.bound(s, n); !ok || compareKeys(key[0], bound) < 0 {
			return s, true
		}
	}
	return 0, false
}

func (r ranged) route(shards []messages.ShardID) coordinator.Route {
	var route coordinator.Range
	for s, id := range shards {
		part := coordinator.RangePart{Shard: id}
		if bound, ok := r.bound(s, len(shards)); ok {
			part.Below = bound.argument(messages.SQLite, 3)
		}
		route = append(route, part)
	}
	return route
}

// computed is a [coordinator.RouteFunc].
type computed struct{}

func (computed) shard(key []value, n int) (int, bool) {
	sum := uint64(17)
	for _, v := range key {
		sum = sum*31 + uint64(v.i)
		for _, b := range []byte(v.s) {
			sum = sum*31 + uint64(b)
		}
	}
	return int(sum % uint64(n)), true
}

// declarations returns what a troupe over shards is told of the schema's tables.
func (s *schema) declarations(shards []messages.ShardID) coordinator.Tables {
	routes := map[*family]coordinator.Route{}
	for _, f := range s.families {
		routes[f] = f.place.route(shards)
	}
	tables := coordinator.Tables{}
	for i, t := range s.tables {
		declared := coordinator.Table{Reference: t.reference()}
		if i%2 == 0 { // with and without, because an INSERT may have no list of columns
			for _, c := range t.columns {
				declared.Columns = append(declared.Columns, c.name)
			}
		}
		if !t.reference() {
			declared.Route, declared.Group = routes[t.family], t.family.group
			for j, c := range t.keys {
				declared.Keys = append(declared.Keys, t.columns[c].name)
				declared.Types = append(declared.Types, keyType(t.family.kinds[j]))
			}
		}
		tables[t.name] = declared
	}
	return tables
}

func keyType(k kind) coordinator.KeyType {
	if k == text {
		return coordinator.Text
	}
	return coordinator.Integer
}

// shardIDs returns the names of n shards.
func shardIDs(n int) []messages.ShardID {
	ids := make([]messages.ShardID, n)
	for i := range ids {
		ids[i] = messages.ShardID(fmt.Sprintf("s%d", i))
	}
	return ids
}
