// Command bench runs suites of benchmarks, and checks what they answer: the counterpart of SQLAlchemy's examples.performance.
//
//	go run ./bench --list
//	go run ./bench large_resultsets
//	go run ./bench short_selects --test test_core_reuse_stmt_compiled_cache --shards 4 --clients 64
//	go run ./bench single_inserts --dburl postgres://localhost/a --dburl postgres://localhost/b --num 1000
//
// And it measures troupe beside its peers, and makes pages of what it has measured:
//
//	go run ./bench compare --json results.json
//	go run ./bench report --in results.json --out report.html
//
// docs/bench.md explains it.
//
// Its tests measure troupe beside the loop that a good engineer would write by hand, in one run: each round runs every variant once, in
// rotating order, and a benchmark reports the median of the rounds' ratios to the first variant. Only ratios carry over to other machines.
// The figures and how to repeat them are in docs/performance.md.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	peers "github.com/troupedb/troupe/bench/compare"
	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/bench/report"
	"github.com/troupedb/troupe/bench/suites"
)

// commands are what isn't a suite.
var commands = map[string]func(ctx context.Context, args []string, stdout, stderr io.Writer) int{
	peers.Command: peers.Main,
	"report":      report.Main,
}

func main() {
	if len(os.Args) > 1 {
		if command := commands[os.Args[1]]; command != nil {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			context.AfterFunc(ctx, stop) // so that a second one ends the process at once
			os.Exit(command(ctx, os.Args[2:], os.Stdout, os.Stderr))
		}
	}
	profile.Main(suites.All()...)
}
