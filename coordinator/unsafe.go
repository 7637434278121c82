package coordinator

import "unsafe"

// bytesAsString returns b as a string without a copy. REQUIRES: nobody writes to b any more.
func bytesAsString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// sameFunc reports whether two functions are one value: not the same code only, but with the same variables that it has captured.
func sameFunc(f, g RouteFunc) bool {
	return *(*unsafe.Pointer)(unsafe.Pointer(&f)) == *(*unsafe.Pointer)(unsafe.Pointer(&g))
}
