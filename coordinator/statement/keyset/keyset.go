// Package keyset is the algebra that says which keys the rows of a statement may have: sets of values that a condition can
// be true, or false, for. Every set is an over-approximation: what isn't certain is every key.
package keyset

// Type is the type of a key column. Two values of a column are the same key exactly if their canonical forms are equal.
type Type uint8

// The types, with the Go type of the canonical form.
const (
	// Unknown is a type that isn't declared: nothing converts to it.
	Unknown Type = iota
	// Integer is an integer of any width: int64.
	Integer
	// Text is a text that is equal to another only if their bytes are: string.
	Text
	// UUID is a uuid: [16]byte.
	UUID
	// Bytes is a byte string: a Go string of the bytes, wrapped as [ByteString].
	Bytes
)

// ByteString is the canonical form of Bytes.
type ByteString string

// Set is a set of keys that may depend on a statement's arguments.
type Set interface{ set() }

// Keys is a set of keys of one column, arguments applied.
type Keys struct {
	// All says that it is every key, and then there is nothing else.
	All bool
	// Values are single keys in canonical form, in ascending order, each once.
	Values []any
	// Intervals are ranges of keys, in ascending order, disjoint from each other and from Values.
	Intervals []Interval
}

// Interval are the keys between two bounds, in canonical form. A bound that is nil is none; one that is open is left out.
type Interval struct {
	Lo, Hi         any
	LoOpen, HiOpen bool
}

// Empty reports whether no key is in k.
func (k Keys) Empty() bool { return !k.All && len(k.Values) == 0 && len(k.Intervals) == 0 }
