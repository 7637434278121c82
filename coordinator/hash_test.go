package coordinator_test

import (
	"encoding/hex"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

type keyTypes = []coordinator.KeyType

// TestBucketsAreStable has what a program in another language computed from the description of Hash: rows are stored by it, so that it
// may never change.
func TestBucketsAreStable(t *testing.T) {
	id, err := hex.DecodeString("00112233445566778899aabbccddeeff")
	require.NoError(t, err)
	for _, test := range []struct {
		types keyTypes
		key   []any
		want  [2]int // of 1024 and of 1000003 buckets
	}{
		{keyTypes{coordinator.Integer}, []any{0}, [2]int{750, 303187}},
		{keyTypes{coordinator.Integer}, []any{1}, [2]int{794, 483064}},
		{keyTypes{coordinator.Integer}, []any{-1}, [2]int{732, 653010}},
		{keyTypes{coordinator.Integer}, []any{int64(math.MaxInt64)}, [2]int{818, 127890}},
		{keyTypes{coordinator.Integer}, []any{int64(math.MinInt64)}, [2]int{284, 320332}},
		{keyTypes{coordinator.Integer}, []any{uint16(4711)}, [2]int{774, 889252}},
		{keyTypes{coordinator.Text}, []any{""}, [2]int{195, 371257}},
		{keyTypes{coordinator.Text}, []any{"a"}, [2]int{243, 694630}},
		{keyTypes{coordinator.Text}, []any{"Zürich"}, [2]int{21, 699831}},
		{keyTypes{coordinator.Bytes}, []any{[]byte{}}, [2]int{132, 572245}},
		{keyTypes{coordinator.Bytes}, []any{[]byte("a")}, [2]int{718, 23559}},
		{keyTypes{coordinator.UUID}, []any{[16]byte(id)}, [2]int{996, 553146}},
		{keyTypes{coordinator.UUID}, []any{"00112233-4455-6677-8899-AABBCCDDEEFF"}, [2]int{996, 553146}},
		{keyTypes{coordinator.Integer, coordinator.Text}, []any{7, "a"}, [2]int{103, 981815}},
		{keyTypes{coordinator.Text, coordinator.Text}, []any{"ab", "c"}, [2]int{871, 505885}},
		{keyTypes{coordinator.Text, coordinator.Text}, []any{"a", "bc"}, [2]int{305, 979562}},
		{keyTypes{coordinator.UUID, coordinator.Bytes, coordinator.Integer}, []any{[16]byte(id), []byte{0}, -5}, [2]int{117, 741024}},
	} {
		for i, n := range []int{1024, 1000003} {
			got, err := coordinator.Bucket(n, test.types, test.key...)
			require.NoError(t, err)
			require.Equal(t, test.want[i], got, "%v of %d", test.key, n)
		}
	}
}

func TestBucketOfWhatIsNoKey(t *testing.T) {
	for name, test := range map[string]struct {
		n     int
		types keyTypes
		key   []any
	}{
		"no buckets":     {0, keyTypes{coordinator.Integer}, []any{1}},
		"fewer buckets":  {-5, keyTypes{coordinator.Integer}, []any{1}},
		"no key":         {8, nil, nil},
		"fewer values":   {8, keyTypes{coordinator.Integer, coordinator.Text}, []any{1}},
		"NULL":           {8, keyTypes{coordinator.Integer}, []any{nil}},
		"nil pointer":    {8, keyTypes{coordinator.Text}, []any{(*string)(nil)}},
		"another type":   {8, keyTypes{coordinator.Integer}, []any{"1"}},
		"a float":        {8, keyTypes{coordinator.Integer}, []any{1.0}},
		"no type":        {8, keyTypes{0}, []any{1}},
		"no UUID":        {8, keyTypes{coordinator.UUID}, []any{"not one"}},
		"a large number": {8, keyTypes{coordinator.Integer}, []any{uint64(1) << 63}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := coordinator.Bucket(test.n, test.types, test.key...)
			require.ErrorIs(t, err, messages.ErrInvalidRequest)
			require.NotContains(t, err.Error(), "not one", "a key is no business of a log")
		})
	}
}

// TestBucketsAreEven: keys that come one after another are spread over the buckets, and these over the shards.
func TestBucketsAreEven(t *testing.T) {
	const n, keys = 64, 64_000
	for name, key := range map[string]func(i int) (keyTypes, []any){
		"integers":  func(i int) (keyTypes, []any) { return keyTypes{coordinator.Integer}, []any{i} },
		"multiples": func(i int) (keyTypes, []any) { return keyTypes{coordinator.Integer}, []any{i << 20} },
		"texts":     func(i int) (keyTypes, []any) { return keyTypes{coordinator.Text}, []any{fmt.Sprint("user-", i)} },
		"composite": func(i int) (keyTypes, []any) {
			return keyTypes{coordinator.Integer, coordinator.Text}, []any{i % 10, fmt.Sprint(i / 10)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var filled [n]int
			for i := range keys {
				types, values := key(i)
				b, err := coordinator.Bucket(n, types, values...)
				require.NoError(t, err)
				filled[b]++
			}
			var chi float64
			for _, got := range filled {
				d := float64(got - keys/n)
				chi += d * d / (keys / n)
			}
			require.Less(t, chi, 130.0, "63 degrees of freedom: more is one chance in a million")
		})
	}
}

func TestBucketsAreDealtOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(1, 9).Draw(t, "shards")
		n := rapid.IntRange(count, 300).Draw(t, "buckets")
		var ids []messages.ShardID
		for i := range count {
			ids = append(ids, messages.ShardID(fmt.Sprint("s", i)))
		}
		has := map[messages.ShardID]int{}
		last := messages.ShardID("")
		runs := 0
		for _, id := range coordinator.Buckets(n, ids...) {
			has[id]++
			if id != last {
				runs++
			}
			last = id
		}
		require.Len(t, has, count)
		require.Equal(t, count, runs)
		for _, buckets := range has {
			require.InDelta(t, float64(n)/float64(count), buckets, 1)
		}
	})
	require.Empty(t, coordinator.Buckets(0, "s0"))
	require.Empty(t, coordinator.Buckets(-1, "s0"))
}

// TestMovingBucketsMovesTheirKeysOnly is how a shard is added.
func TestMovingBucketsMovesTheirKeysOnly(t *testing.T) {
	const n = 128
	before := coordinator.Buckets(n, "s0", "s1")
	after := append([]messages.ShardID(nil), before...)
	moved := map[int]bool{3: true, 60: true, 64: true, 127: true}
	for b := range moved {
		after[b] = "s2"
	}
	route := func(buckets []messages.ShardID) cast {
		return spawn(t, 3, func(cfg *coordinator.Config) {
			cfg.Tables = coordinator.Tables{"t": {Key: "k", Type: coordinator.Integer, Route: coordinator.Hash{Buckets: buckets}}}
		})
	}
	old, grown := route(before), route(after)
	movedKeys := 0
	for k := range 2000 {
		b, err := coordinator.Bucket(n, keyTypes{coordinator.Integer}, k)
		require.NoError(t, err)
		was, err := old.Explain(t.Context(), "select * from t where k = $1", k)
		require.NoError(t, err)
		is, err := grown.Explain(t.Context(), "select * from t where k = $1", k)
		require.NoError(t, err)
		require.Equal(t, shards{before[b]}, was.Targets())
		if moved[b] {
			movedKeys++
			require.Equal(t, shards{"s2"}, is.Targets())
		} else {
			require.Equal(t, was.Targets(), is.Targets())
		}
	}
	require.InDelta(t, 2000*len(moved)/n, movedKeys, 40)
}
