package coordinator

import (
	"reflect"
	"slices"

	"github.com/troupedb/troupe/shardworker"
)

// kin knows which shards have one backend, or one location. The zero value knows of none.
type kin struct {
	backends  map[shardworker.Backend][]int
	locations map[string][]int
}

// with adds a shard and returns the numbers of those that were added before and are the same database as far as that shows. They ascend if they
// were added so. backend may be nil, and location empty.
func (k *kin) with(shard int, backend shardworker.Backend, location string) []int {
	var same []int
	if backend != nil && reflect.TypeOf(backend).Comparable() {
		same = add(&k.backends, backend, shard)
	}
	if location == "" {
		return same
	}
	located := add(&k.locations, location, shard)
	if len(same) == 0 || len(located) == 0 {
		return append(same, located...)
	}
	both := slices.Concat(same, located)
	slices.Sort(both)
	return slices.Compact(both)
}

// add adds shard to those at key and returns the ones before it.
func add[K comparable](at *map[K][]int, key K, shard int) []int {
	if *at == nil {
		*at = map[K][]int{}
	}
	before := (*at)[key]
	(*at)[key] = append(before, shard)
	return before[:len(before):len(before)]
}
