package compare

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/troupedb/troupe/bench/profile"
	"github.com/troupedb/troupe/bench/results"
)

// Command is what the program calls the comparison on its command line.
const Command = "compare"

// Main runs the comparison that args, the command line behind the word compare, say, and returns the exit status: one of profile's. Tables go to stdout
// as they are made, and what went wrong to stderr. An experiment whose answers are wrong fails; a missed goal is a result like others. It starts
// its own program again to measure memory, whose main has to call Main with what stands behind the word compare. All that was opened is
// closed when it returns, and its files are removed, but for those of --json and --benchfmt.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return run(ctx, experiments, args, stdout, stderr)
}

// experiments are all that there are, in order.
func experiments(sizes sizes) (all []experiment) {
	all = append(all, postgresPointSelects()...)
	all = append(all, sqlitePointSelects()...)
	all = append(all, scans()...)
	all = append(all, sqliteInserts()...)
	all = append(all, postgresInserts()...)
	all = append(all, scatters(sizes)...)
	all = append(all, manyShards(sizes)...)
	all = append(all, streams(sizes)...)
	return append(all, seeds()...)
}

func run(ctx context.Context, experiments func(sizes) []experiment, args []string, stdout, stderr io.Writer) int {
	complain := func(err error) { // several errors are a line each
		_, _ = fmt.Fprintf(stderr, "compare: %s\n", strings.ReplaceAll(err.Error(), "\n", "\ncompare: "))
	}
	if len(args) == 1 && args[0] == memoryCommand {
		if err := serveMemory(ctx, os.Stdin, stdout, stderr); err != nil {
			complain(err)
			return profile.Failed
		}
		return profile.Succeeded
	}
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return profile.Succeeded
	}
	var chosen []experiment
	if err == nil {
		chosen, err = o.choose(experiments(o.sizes))
	}
	if err != nil {
		complain(fmt.Errorf("%w (-h explains the options)", err))
		return profile.Misused
	}
	if o.list {
		for _, e := range chosen {
			_, _ = fmt.Fprintf(stdout, "%s : %s\n", e.about.Name, e.about.Title)
		}
		return profile.Succeeded
	}
	if err := perform(ctx, o, chosen, stdout, stderr); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("interrupted: %w", err)
		}
		complain(err)
		return profile.Failed
	}
	return profile.Succeeded
}

// perform runs the experiments, and writes the files also of those that went well beside one that failed.
func perform(ctx context.Context, o *options, chosen []experiment, stdout, stderr io.Writer) (err error) {
	files, err := o.create()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.close()) }()
	s, err := newStage(o, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if o.postgres != "" { // better said now than in an hour
		if _, err := s.postgres(ctx); err != nil {
			return fmt.Errorf("--postgres: %w", err)
		}
	}
	all := &results.Run{When: time.Now().Truncate(time.Second)}
	var failed []error
	for i := range chosen {
		measured, err := chosen[i].run(ctx, s)
		all.Experiments = append(all.Experiments, measured...)
		if err != nil {
			failed = append(failed, err)
		}
		if err := printTable(stdout, measured); err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	all.Machine = s.machine(context.WithoutCancel(ctx))
	failed = append(failed, printSummary(stdout, all), files.write(all))
	return errors.Join(failed...)
}

// machine says what the figures depend on.
func (s *stage) machine(ctx context.Context) results.Machine {
	m := results.Machine{
		CPU: processorName(), Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(),
		SQLite: sqliteVersion(ctx), Commit: commit(ctx),
	}
	if s.server != nil {
		m.PostgreSQL = s.server.version
	}
	return m
}
