// Command bench runs suites of benchmarks, and checks what they answer: the counterpart of SQLAlchemy's examples.performance.
//
//	go run ./bench --list
//	go run ./bench large_resultsets
//	go run ./bench short_selects --test test_core_reuse_stmt_compiled_cache --shards 4 --clients 64
//	go run ./bench single_inserts --dburl postgres://localhost/a --dburl postgres://localhost/b --num 1000
//
// docs/bench.md explains it.
//
// Its tests measure troupe beside the loop that a good engineer would write by hand, in one run: each round runs every variant once, in
// rotating order, and a benchmark reports the median of the rounds' ratios to the first variant. Only ratios carry over to other machines.
// The figures and how to repeat them are in docs/performance.md.
package main

import (
	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/bench/suites"
)

func main() { profile.Main(suites.All()...) }
