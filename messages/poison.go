package messages

import "sync/atomic"

var poisonRecycled atomic.Bool

// PoisonRecycled makes every recycled batch's bytes unreadable, so that a reader which keeps them too long fails at
// once. It is for tests, holds for the process, and costs a pass over each batch.
func PoisonRecycled(on bool) { poisonRecycled.Store(on) }

func poison(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
}
