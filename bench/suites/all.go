package suites

import "github.com/troupedb/troupe/bench/profile"

// All returns new copies of all suites, in alphabetic order.
func All() []*profile.Profiler {
	return []*profile.Profiler{BulkInserts(), BulkUpdates(), LargeResultsets(), ShortSelects(), SingleInserts()}
}
