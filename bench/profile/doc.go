// Package profile runs suites of benchmarks from the command line: it is the counterpart of the Profiler in SQLAlchemy's
// examples.performance, with the same shape, options and lines of output, over the shards of a troupe.
//
// A suite has a name, a default number, a setup for all tests or one before each, and tests, which are given the number:
//
//	func main() { profile.Main(greetings()) }
//
//	func greetings() *profile.Profiler {
//		p := profile.Init("greetings", "Ways to read a greeting.", 1_000)
//		p.SetupOnce(func(ctx context.Context, s *profile.Stage) error { return s.Spawn(ctx, coordinator.Config{}) })
//		p.Profile("test_query_row", "One at a time.", func(ctx context.Context, s *profile.Stage) error { … s.N … s.Troupe … })
//		return p
//	}
//
// The directory example beside it is such a program, and docs/bench.md explains the options and what is measured.
package profile
