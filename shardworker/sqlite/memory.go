package sqlite

import (
	"fmt"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
)

// The C library's memory lies outside Go's heap. Its addresses are uintptrs; this file is where they become bytes.

// pointer returns p as a pointer. It goes through memory because go vet can't know that p isn't on Go's heap.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// bytesAt returns the n bytes at p, valid as long as the C library leaves them alone.
func bytesAt(p uintptr, n int) []byte { return unsafe.Slice((*byte)(pointer(p)), n) }

func uintptrAt(p uintptr) uintptr { return *(*uintptr)(pointer(p)) }

func int32At(p uintptr) *int32 { return (*int32)(pointer(p)) }

// allocate returns n zeroed bytes, to be given to libc.Xfree. Running out of memory is a bug of the limits above it.
func allocate(tls *libc.TLS, n int) uintptr {
	p := libc.Xcalloc(tls, 1, types.Size_t(n))
	if p == 0 {
		panic(fmt.Sprintf("sqlite: no memory for %d bytes", n))
	}
	return p
}

// allocateString returns a zero-terminated copy of s.
func allocateString(tls *libc.TLS, s string) uintptr {
	p := libc.Xmalloc(tls, types.Size_t(len(s)+1))
	if p == 0 {
		panic(fmt.Sprintf("sqlite: no memory for %d bytes", len(s)+1))
	}
	b := bytesAt(p, len(s)+1)
	copy(b, s)
	b[len(s)] = 0
	return p
}

const ptrSize = unsafe.Sizeof(uintptr(0))
