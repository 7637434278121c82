package coordinator

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"iter"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

// Hash is a route by the hash of the key, for any number of key columns, whose types must be declared. A key's bucket never
// changes, so a shard is added by giving it some of the buckets, and their rows; the number of buckets stays as it is.
//
// The bucket is stable and part of the interface: the FNV-1a hash of 64 bits over each key column in order, an Integer as 'i' and its
// eight bytes, most significant first, a UUID as 'u' and its 16 bytes, a Text as 't', its length in bytes as such an
// integer, and its bytes, Bytes as 'b' and the same; then h ^= h>>33, h *= 0xff51afd7ed558ccd, h ^= h>>33; the remainder
// by the number of buckets.
type Hash struct {
	// Buckets has the shard of each bucket. [Buckets] deals them out evenly. It has no default.
	Buckets []messages.ShardID
}

// Buckets returns n buckets dealt out to shards evenly, in runs: many more than there will ever be shards, say 1,024.
func Buckets(n int, shards ...messages.ShardID) []messages.ShardID {
	buckets := make([]messages.ShardID, max(n, 0))
	for i := range buckets {
		if len(shards) > 0 {
			buckets[i] = shards[i*len(shards)/n]
		}
	}
	return buckets
}

// Bucket returns the bucket of a key, given as Go values of the key columns' types, among n. What is no such key is
// [messages.ErrInvalidRequest].
func Bucket(n int, types []KeyType, key ...any) (int, error) {
	if n <= 0 || len(types) != len(key) || len(key) == 0 {
		return 0, noKey("%d buckets, %d types and %d values", n, len(types), len(key))
	}
	canonical := make([]any, len(key))
	for i, v := range key {
		c, ok := keyset.Canonical(types[i], v)
		if !ok || c == nil {
			return 0, noKey("value %d, a %T, isn't of its key column's type", i+1, v)
		}
		canonical[i] = c
	}
	return bucketOf(canonical, n), nil
}

func noKey(format string, args ...any) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "bucket", Detail: fmt.Sprintf(format, args...)}
}

func bucketOf(key []any, n int) int {
	h := fnv.New64a()
	var room [32]byte
	for _, v := range key {
		b := room[:0]
		switch v := v.(type) {
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v))
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, 't'), uint64(len(v))), v...)
		case [16]byte:
			b = append(append(b, 'u'), v[:]...)
		case keyset.ByteString:
			b = append(binary.BigEndian.AppendUint64(append(b, 'b'), uint64(len(v))), v...)
		default:
			panic(fmt.Sprintf("bug: a key of type %T", v))
		}
		_, _ = h.Write(b) // a hash never fails
	}
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x % uint64(n))
}

type hashRouter []int // bucket → shard

func (h Hash) compile(keys []statement.KeyColumn, index map[messages.ShardID]int) (router, error) {
	if len(h.Buckets) == 0 {
		return nil, fmt.Errorf("a hash has buckets")
	}
	for _, k := range keys {
		if k.Type == keyset.Unknown {
			return nil, fmt.Errorf("a hash needs the type of key %q", k.Name)
		}
	}
	r := make(hashRouter, len(h.Buckets))
	for i, shard := range h.Buckets {
		n, ok := index[shard]
		if !ok {
			return nil, fmt.Errorf("bucket %d is on shard %q, which doesn't exist", i, shard)
		}
		r[i] = n
	}
	return r, nil
}

func (r hashRouter) shard(key []any) (int, error) { return r[bucketOf(key, len(r))], nil }

func (r hashRouter) add(keys []keyset.Keys, set *shardSet) error {
	listed, ok := combinations(keys)
	if !ok {
		for _, shard := range r {
			set.add(shard)
		}
		return nil
	}
	for key := range listed {
		if set.full() {
			break
		}
		set.add(r[bucketOf(key, len(r))])
	}
	return nil
}

// maxCombinations is how many keys of several columns are routed one by one.
const maxCombinations = 4096

// combinations returns every combination of keys' values, each valid until the next; false if they can't be listed. REQUIRES: none
// of keys is empty.
func combinations(keys []keyset.Keys) (iter.Seq[[]any], bool) {
	count := 1
	for _, k := range keys {
		if k.All || len(k.Intervals) > 0 || count > maxCombinations/len(k.Values) {
			return nil, false
		}
		count *= len(k.Values)
	}
	return func(yield func([]any) bool) {
		key := make([]any, len(keys))
		for n := range count {
			for i, k := range keys {
				key[i] = k.Values[n%len(k.Values)]
				n /= len(k.Values)
			}
			if !yield(key) {
				return
			}
		}
	}, true
}

// RouteFunc is a route by a function of the user's: it is given the values of the key columns, int64, string, [16]byte or
// keyset.ByteString each, and must always answer the same for the same. The types must be declared. It is called as a chooser is, see
// [ShardChooser], with the call's context: an error fails the call, for a key of which the shard can't be told may be anywhere.
type RouteFunc func(ctx context.Context, key []any) (messages.ShardID, error)

// customRouter is a router whose context is bound for each call.
type customRouter struct {
	route RouteFunc
	index map[messages.ShardID]int
	ctx   context.Context
}

func (f RouteFunc) compile(keys []statement.KeyColumn, index map[messages.ShardID]int) (router, error) {
	for _, k := range keys {
		if k.Type == keyset.Unknown {
			return nil, fmt.Errorf("a RouteFunc needs the type of key %q", k.Name)
		}
	}
	if f == nil {
		return nil, fmt.Errorf("the RouteFunc is nil")
	}
	return customRouter{route: f, index: index}, nil
}

func (r customRouter) shard(key []any) (int, error) {
	id, err := r.route(r.ctx, append([]any(nil), key...))
	if err != nil {
		return 0, &messages.Error{Code: messages.ErrChooser, Op: "route", Detail: "the route failed", Err: err}
	}
	n, ok := r.index[id]
	if !ok {
		return 0, &messages.Error{Code: messages.ErrUnknownShard, Shard: id, Op: "route", Detail: "the route names it"}
	}
	return n, nil
}

func (r customRouter) add(keys []keyset.Keys, set *shardSet) error {
	listed, ok := combinations(keys)
	if !ok {
		set.addAll()
		return nil
	}
	for key := range listed {
		if set.full() {
			break
		}
		n, err := r.shard(key)
		if err != nil {
			return err
		}
		set.add(n)
	}
	return nil
}
