package coordinator

import (
	"fmt"
	"slices"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

// Route says on which shard the rows of a key live: a [Lookup], [List], [Hash], [Range] or [RouteFunc].
type Route interface {
	// compile checks the route for a table's key columns, to which it may give types, and makes it ready for use.
	compile(keys []statement.KeyColumn, index map[messages.ShardID]int) (router, error)
}

// router is a compiled route. It is immutable and safe for concurrent use.
type router interface {
	// shard returns the shard of a key in canonical form, or an error that says why there is none.
	shard(key []any) (int, error)
	// add adds to set every shard where a key may live that is among keys, one set for each key column, none of them empty.
	add(keys []keyset.Keys, set *shardSet) error
}

// errNowhereByKey says that a key lives on no shard. It doesn't tell the key: that may be an argument.
var errNowhereByKey = &messages.Error{Code: messages.ErrInvalidRequest, Op: "route", Detail: "the route knows no shard for the key"}

// Lookup is a route by single values: key → shard. A key that isn't in it lives nowhere. It is for one key column.
type Lookup map[any]messages.ShardID

// List is a route by lists of values: shard → its keys. A key that isn't in it lives nowhere. It is for one key column.
type List map[messages.ShardID][]any

type lookupRouter map[any]int

func (l Lookup) compile(keys []statement.KeyColumn, index map[messages.ShardID]int) (router, error) {
	r := lookupRouter{}
	for value, shard := range l {
		if err := r.declare(keys, value, shard, index); err != nil {
			return nil, err
		}
	}
	return r.checked(keys)
}

func (l List) compile(keys []statement.KeyColumn, index map[messages.ShardID]int) (router, error) {
	r := lookupRouter{}
	for shard, values := range l {
		for _, value := range values {
			if err := r.declare(keys, value, shard, index); err != nil {
				return nil, err
			}
		}
	}
	return r.checked(keys)
}

func (r lookupRouter) checked(keys []statement.KeyColumn) (router, error) {
	if len(keys) != 1 || len(r) == 0 {
		return nil, fmt.Errorf("a lookup or list has values and is for one key column")
	}
	return r, nil
}

func (r lookupRouter) declare(keys []statement.KeyColumn, value any, shard messages.ShardID, index map[messages.ShardID]int) error {
	n, ok := index[shard]
	if !ok {
		return fmt.Errorf("shard %s doesn't exist", shard)
	}
	canonical, err := ownValue(&keys[0], value)
	if err != nil {
		return err
	}
	if _, twice := r[canonical]; twice {
		return fmt.Errorf("key %v is routed twice", value)
	}
	r[canonical] = n
	return nil
}

// ownValue returns the canonical form of a value of the route's own, and gives the key column its type if it has none.
func ownValue(key *statement.KeyColumn, value any) (any, error) {
	if key.Type == keyset.Unknown {
		for _, t := range []KeyType{Integer, Text, UUID, Bytes} {
			if canonical, ok := keyset.Canonical(t, value); ok && canonical != nil {
				key.Type = t
				return canonical, nil
			}
		}
	}
	canonical, ok := keyset.Canonical(key.Type, value)
	if !ok || canonical == nil {
		return nil, fmt.Errorf("the route's value %v is a %T, and no value of key %q's type", value, value, key.Name)
	}
	return canonical, nil
}

func (r lookupRouter) shard(key []any) (int, error) {
	shard, ok := r[key[0]]
	if !ok {
		return 0, errNowhereByKey
	}
	return shard, nil
}

func (r lookupRouter) add(keys []keyset.Keys, set *shardSet) error {
	k := keys[0]
	if !k.All && len(k.Intervals) == 0 {
		for _, v := range k.Values {
			if shard, ok := r[v]; ok {
				set.add(shard)
			}
		}
		return nil
	}
	for v, shard := range r {
		if k.Contains(v) {
			set.add(shard)
		}
	}
	return nil
}

// shardSet is a set of shard numbers.
type shardSet struct {
	has []bool
	n   int
}

func newShardSet(shards int) *shardSet { return &shardSet{has: make([]bool, shards)} }

func (s *shardSet) add(shard int) {
	if !s.has[shard] {
		s.has[shard] = true
		s.n++
	}
}

func (s *shardSet) addAll() {
	for i := range s.has {
		s.has[i] = true
	}
	s.n = len(s.has)
}

func (s *shardSet) union(o *shardSet) {
	for i, has := range o.has {
		if has {
			s.add(i)
		}
	}
}

func (s *shardSet) full() bool { return s.n == len(s.has) }

// numbers returns the members in ascending order.
func (s *shardSet) numbers() []int {
	numbers := make([]int, 0, s.n)
	for i, has := range s.has {
		if has {
			numbers = append(numbers, i)
		}
	}
	return numbers
}

// Range is a route by ranges of values: each part has the keys below its bound and not below the one before. Bounds ascend; the last
// part may have none. A key above the last bound lives nowhere. It is for one key column, an Integer, Text or Bytes.
type Range []RangePart

// RangePart is one part of a [Range].
type RangePart struct {
	// Below is the bound: the first key that isn't in the part. Nil is no bound.
	Below any
	Shard messages.ShardID
}

type rangeRouter struct {
	bounds []any // of the parts that have one
	shards []int // by part
}

func (r Range) compile(keys []statement.KeyColumn, index map[messages.ShardID]int) (router, error) {
	if len(keys) != 1 || len(r) == 0 {
		return nil, fmt.Errorf("a range has parts and is for one key column")
	}
	var compiled rangeRouter
	for i, part := range r {
		n, ok := index[part.Shard]
		if !ok {
			return nil, fmt.Errorf("shard %s doesn't exist", part.Shard)
		}
		compiled.shards = append(compiled.shards, n)
		if part.Below == nil {
			if i < len(r)-1 {
				return nil, fmt.Errorf("part %d of the range has no bound, and isn't the last", i)
			}
			break
		}
		bound, err := ownValue(&keys[0], part.Below)
		if err != nil {
			return nil, err
		}
		if i > 0 && keyset.Compare(compiled.bounds[i-1], bound) >= 0 {
			return nil, fmt.Errorf("bound %v of the range isn't above the one before", part.Below)
		}
		compiled.bounds = append(compiled.bounds, bound)
	}
	if keys[0].Type == keyset.Unknown || keys[0].Type == keyset.UUID {
		return nil, fmt.Errorf("a range is for keys of type Integer, Text or Bytes")
	}
	return compiled, nil
}

func (r rangeRouter) shard(key []any) (int, error) {
	part, exact := slices.BinarySearchFunc(r.bounds, key[0], keyset.Compare)
	if exact {
		part++ // a bound belongs to the part after it
	}
	if part >= len(r.shards) {
		return 0, errNowhereByKey
	}
	return r.shards[part], nil
}

func (r rangeRouter) add(keys []keyset.Keys, set *shardSet) error {
	k := keys[0]
	for i, shard := range r.shards {
		part := keyset.Interval{HiOpen: true}
		if i > 0 {
			part.Lo = r.bounds[i-1]
		}
		if i < len(r.bounds) {
			part.Hi = r.bounds[i]
		}
		if k.Meets(part) {
			set.add(shard)
		}
	}
	return nil
}
