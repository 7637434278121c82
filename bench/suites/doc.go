// Package suites has the counterparts of the suites in SQLAlchemy's examples.performance: large_resultsets, short_selects and
// single_inserts, and bulk_inserts and bulk_updates. Each test does what the one of its name does there, in this library's terms, and
// its answer is checked. docs/bench.md says what stands for what.
package suites
