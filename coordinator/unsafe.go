package coordinator

import "unsafe"

// bytesAsString returns b as a string without a copy. REQUIRES: nobody writes to b any more.
func bytesAsString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// sameFunc reports whether two functions are one value: not the same code only, but with the same variables that it has captured.
func sameFunc(f, g RouteFunc) bool {
	return *(*unsafe.Pointer)(unsafe.Pointer(&f)) == *(*unsafe.Pointer)(unsafe.Pointer(&g))
}

// words are what an any is made of. Both are nil in one that is nil.
type words struct {
	kind unsafe.Pointer // stands for the dynamic type: equal words, equal types
	data unsafe.Pointer // the value itself, if that is a pointer
}

// wordsOf returns what target is made of.
func wordsOf(target *any) words { return *(*words)(unsafe.Pointer(target)) }

// kindOf returns the word that stands for the dynamic type of target.
func kindOf(target any) unsafe.Pointer { return wordsOf(&target).kind }
