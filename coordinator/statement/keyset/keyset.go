// Package keyset is the algebra that says which keys the rows of a statement may have: sets of values that a condition can
// be true, or false, for. Every set is an over-approximation: what isn't certain is every key.
package keyset

import "slices"

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

// String returns the type's name.
func (t Type) String() string {
	switch t {
	case Integer:
		return "integer"
	case Text:
		return "text"
	case UUID:
		return "uuid"
	case Bytes:
		return "bytes"
	default:
		return "unknown"
	}
}

// ByteString is the canonical form of Bytes.
type ByteString string

// Set is a set of keys that may depend on a statement's arguments. It is one of the types of this package, immutable, and
// safe for concurrent use. A nil Set is [Any].
type Set interface{ set() }

type (
	// Any is every key.
	Any struct{}

	// None is no key.
	None struct{}

	// Value is the one key that equals an operand; none if that is NULL.
	Value struct {
		// Operand is what the key equals.
		Operand Operand
	}

	// Elements are the keys that equal an element of an operand that is an array; NULLs among them are none.
	Elements struct {
		// Operand is the array.
		Operand Operand
	}

	// Bound are the keys above an operand if Lower, else those below; the operand itself too unless Open. None if it is NULL.
	// It is to be used only where the database orders keys as [Compare] does.
	Bound struct {
		Operand     Operand
		Lower, Open bool
	}

	// NotNull is Set, but every key if Operand is NULL: of a comparison that finds NULL equal to NULL.
	NotNull struct {
		Operand Operand
		Set     Set
	}

	// Union are the keys that are in any of the sets; none if there is no set.
	Union []Set

	// Intersection are the keys that are in all of the sets; every key if there is no set.
	Intersection []Set
)

func (Any) set()          {}
func (None) set()         {}
func (Value) set()        {}
func (Elements) set()     {}
func (Bound) set()        {}
func (NotNull) set()      {}
func (Union) set()        {}
func (Intersection) set() {}

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

// Contains reports whether a key, in canonical form, is in k.
func (k Keys) Contains(key any) bool {
	if k.All {
		return true
	}
	for _, v := range k.Values {
		if v == key {
			return true
		}
	}
	for _, i := range k.Intervals {
		if i.contains(key) {
			return true
		}
	}
	return false
}

// Meets reports whether a key of k may be in part.
func (k Keys) Meets(part Interval) bool {
	return k.All || slices.ContainsFunc(k.Values, part.contains) || slices.ContainsFunc(k.Intervals, func(i Interval) bool {
		few, listed := i.intersect(part).enumerate()
		return !listed || len(few) > 0
	})
}
