package mapping

import (
	"bytes"
	"reflect"
	"time"
	"unsafe"
)

// shape is how values of a type are compared and copied: by what they are in memory, where that says all, and else by reflection, as
// same and copyOf do. A session compares all that it has at each flush.
type shape struct {
	form  form
	t     reflect.Type
	elem  *shape // of what a pointer points to
	parts []part // of several
}

// form is one way to compare and copy.
type form uint8

const (
	reflected form = iota
	wide8          // 8 bytes that hold no pointer, and differ in a bit if they differ
	wide4
	wide2
	wide1
	memory  // any number of such bytes
	text    // a string
	blob    // a slice of bytes
	instant // a time.Time
	pointer
	several // a struct, each field by itself
)

// part is a field of a struct.
type part struct {
	offset uintptr
	shape  shape
}

// shapeOf returns the shape of a type. Above are the types that it is part of: one of these again is compared by reflection.
func shapeOf(t reflect.Type, above ...reflect.Type) shape {
	s := shape{t: t}
	for _, a := range above {
		if a == t {
			return s
		}
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Float32, reflect.Float64, reflect.Uintptr,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		s.form = map[uintptr]form{1: wide1, 2: wide2, 4: wide4, 8: wide8}[t.Size()]
	case reflect.String:
		s.form = text
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			s.form = blob
		}
	case reflect.Array:
		if elem := shapeOf(t.Elem()); elem.form >= wide8 && elem.form <= memory {
			s.form = memory
		}
	case reflect.Pointer:
		elem := shapeOf(t.Elem(), append(above, t)...)
		s.form, s.elem = pointer, &elem
	case reflect.Struct:
		switch {
		case t == reflect.TypeFor[time.Time]():
			s.form = instant
		case isPlain(t) && !isValue(t) && !isBig(t):
			s.form = several
			for i := range t.NumField() {
				f := t.Field(i)
				s.parts = append(s.parts, part{f.Offset, shapeOf(f.Type, append(above, t)...)})
			}
		}
	}
	return s
}

// same reports whether the values at a and b are the same to a database.
func (s *shape) same(a, b unsafe.Pointer) bool {
	switch s.form {
	case wide8:
		return *(*uint64)(a) == *(*uint64)(b)
	case wide4:
		return *(*uint32)(a) == *(*uint32)(b)
	case wide2:
		return *(*uint16)(a) == *(*uint16)(b)
	case wide1:
		return *(*uint8)(a) == *(*uint8)(b)
	case memory:
		return bytes.Equal(unsafe.Slice((*byte)(a), s.t.Size()), unsafe.Slice((*byte)(b), s.t.Size()))
	case text:
		return *(*string)(a) == *(*string)(b)
	case blob:
		x, y := *(*[]byte)(a), *(*[]byte)(b)
		return (x == nil) == (y == nil) && bytes.Equal(x, y)
	case instant:
		return sameTime(*(*time.Time)(a), *(*time.Time)(b))
	case pointer:
		x, y := *(*unsafe.Pointer)(a), *(*unsafe.Pointer)(b)
		return x == y || x != nil && y != nil && s.elem.same(x, y)
	case several:
		for i := range s.parts {
			p := &s.parts[i]
			if !p.shape.same(unsafe.Add(a, p.offset), unsafe.Add(b, p.offset)) {
				return false
			}
		}
		return true
	default:
		return same(s.at(a), s.at(b))
	}
}

// copy sets the value at to to a copy of the one at from, which shares nothing with it that its owner could change.
func (s *shape) copy(to, from unsafe.Pointer) error {
	switch s.form {
	case wide8:
		*(*uint64)(to) = *(*uint64)(from)
	case wide4:
		*(*uint32)(to) = *(*uint32)(from)
	case wide2:
		*(*uint16)(to) = *(*uint16)(from)
	case wide1:
		*(*uint8)(to) = *(*uint8)(from)
	case text:
		*(*string)(to) = *(*string)(from)
	case blob:
		*(*[]byte)(to) = bytes.Clone(*(*[]byte)(from))
	case instant:
		*(*time.Time)(to) = *(*time.Time)(from)
	case memory, several:
		s.at(to).Set(s.at(from))
	case pointer:
		if *(*unsafe.Pointer)(from) == nil {
			*(*unsafe.Pointer)(to) = nil
			return nil
		}
		fresh := reflect.New(s.elem.t)
		if err := s.elem.copy(fresh.UnsafePointer(), *(*unsafe.Pointer)(from)); err != nil {
			return err
		}
		*(*unsafe.Pointer)(to) = fresh.UnsafePointer()
	default:
		copied, err := copyOf(s.at(from), 0)
		if err != nil {
			return err
		}
		s.at(to).Set(copied)
	}
	return nil
}

// at returns the value at an address.
func (s *shape) at(address unsafe.Pointer) reflect.Value { return reflect.NewAt(s.t, address).Elem() }
