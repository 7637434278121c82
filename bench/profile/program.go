package profile

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// The exit statuses.
const (
	Succeeded = 0
	Failed    = 1 // a test, a setup, or an answer
	Misused   = 2 // the command line, or a suite that is written wrongly
)

// Main runs the suites with the process's command line and ends the process. The first Ctrl-C ends the test that runs, and cleans up.
func Main(suites ...*Profiler) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // so that a second one ends the process at once
	os.Exit(Run(ctx, filepath.Base(os.Args[0]), os.Args[1:], os.Stdout, os.Stderr, suites...))
}

// Run runs the suite that args, a command line without the command, say, and returns the exit status. The name is the command's, and
// where there is one suite only, args needn't say which. Results go to stdout, and what went wrong, the SQL of --echo and progress, if it
// is a terminal, to stderr. All that it opened is closed when it returns, and its files are removed, but for --raw's.
func Run(ctx context.Context, name string, args []string, stdout, stderr io.Writer, suites ...*Profiler) int {
	complain := func(err error) { // several errors are a line each
		_, _ = fmt.Fprintf(stderr, "%s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", "\n"+name+": "))
	}
	if err := validate(suites); err != nil {
		complain(err)
		return Misused
	}
	o, err := parse(name, suites, args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return Succeeded
	case err != nil:
		complain(fmt.Errorf("%w (-h explains the options)", err))
		return Misused
	case o.list:
		list(stdout, o, suites)
		return Succeeded
	}
	err = perform(ctx, o, stdout, stderr)
	switch {
	case err == nil:
		return Succeeded
	case ctx.Err() != nil:
		err = fmt.Errorf("interrupted: %w", err)
	}
	complain(err)
	if errors.Is(err, messages.ErrInvalidConfig) {
		return Misused // a URL that can't be read
	}
	return Failed
}

// perform runs the suite in a temporary directory.
func perform(ctx context.Context, o *options, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "troupe-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	log := slog.New(slog.NewTextHandler(stderr, nil))
	s := &Stage{N: o.num, Clients: o.clients, Dir: dir, Log: log}
	if o.echo {
		s.Echo = log
	}
	if s.Shards, err = o.databases(dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(ctx)) }()
	return (&runner{options: o, stage: s, out: newReport(o, stdout), errs: stderr}).run(ctx)
}

func list(stdout io.Writer, o *options, suites []*Profiler) {
	if o.suite != nil {
		suites = []*Profiler{{name: o.suite.name, doc: o.suite.doc, num: o.suite.num, tests: o.tests}}
	}
	for _, p := range suites {
		_, _ = fmt.Fprintf(stdout, "%s : %s (%d iterations)\n", p.name, p.doc, p.num)
		for _, t := range p.tests {
			_, _ = fmt.Fprintf(stdout, "    %s : %s\n", t.name, t.doc)
		}
	}
}
