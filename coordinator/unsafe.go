package coordinator

import "unsafe"

// bytesAsString returns b as a string without a copy. REQUIRES: nobody writes to b any more.
func bytesAsString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
