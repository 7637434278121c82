package peertest_test

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// shards are those of every troupe here.
var shards = []messages.ShardID{"s1", "s2", "s3", "s4"}

// listedShard says where keys live that are hashed or listed: 1 and 5 on s1, 2 and 6 on s2, 3 and 7 on s3, 4 and 8 on s4.
// Others have no place in a list, and in a hash where their bucket is.
var listedShard = map[int64]messages.ShardID{1: "s1", 2: "s2", 3: "s3", 4: "s4", 5: "s1", 6: "s2", 7: "s3", 8: "s4"}

// rangedShard says where keys live that are ranged: up to 2 on s1, up to 4 on s2, up to 6 on s3, the rest on s4.
func rangedShard(key int64) messages.ShardID {
	switch {
	case key < 3:
		return "s1"
	case key < 5:
		return "s2"
	case key < 7:
		return "s3"
	default:
		return "s4"
	}
}

var byRange = coordinator.Range{{Below: 3, Shard: "s1"}, {Below: 5, Shard: "s2"}, {Below: 7, Shard: "s3"}, {Shard: "s4"}}

// buckets is large enough for the listed keys to have a bucket each.
const buckets = 128

// bucket is the function that the comment of [coordinator.Hash] promises, for one integer.
func bucket(key int64) int {
	h := fnv.New64a()
	_, _ = h.Write(binary.BigEndian.AppendUint64([]byte{'i'}, uint64(key))) // a hash never fails
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return int(x % buckets)
}

// byHash has the listed keys where they should be.
var byHash = func() coordinator.Hash {
	h := coordinator.Hash{Buckets: make([]messages.ShardID, buckets)}
	for i := range h.Buckets {
		h.Buckets[i] = shards[i%len(shards)]
	}
	for key, shard := range listedShard {
		h.Buckets[bucket(key)] = shard
	}
	return h
}()

func hashedShard(key int64) messages.ShardID { return byHash.Buckets[bucket(key)] }

// byLookup is for keys that are texts: "k1" in the place of 1.
var byLookup = func() coordinator.Lookup {
	l := coordinator.Lookup{}
	for key, shard := range listedShard {
		l[textKey(key)] = shard
	}
	return l
}()

func textKey(key int64) string { return fmt.Sprintf("k%d", key) }
