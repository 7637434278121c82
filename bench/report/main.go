package report

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/troupedb/troupe/bench/results"
)

// The exit statuses.
const (
	Succeeded = 0
	Failed    = 1 // the results, a document, or the page
	Misused   = 2 // the command line
)

type options struct {
	in, out, docs string
	check         bool
}

// Main does what args, a command line without the command's name, say, and returns the exit status. What it did goes to stdout, and what
// went wrong to stderr. A file that it can't write completely keeps what it had. With --check nothing is written.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	status, err := Succeeded, error(nil)
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return Succeeded
	case err != nil:
		status = Misused
	default:
		if err = o.run(ctx, stdout); err != nil {
			status = Failed
		}
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "report: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nreport: "))
	}
	return status
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := flag.NewFlagSet("report", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.in, "in", "docs/performance.json", "the results: a `file` that compare --json wrote, or - for the standard input")
	flags.StringVar(&o.out, "out", "", "write the page to `file` (default report.html, if there is neither --docs nor --check)")
	flags.StringVar(&o.docs, "docs", "", "replace the tables in this `file`, between <!-- bench:NAME --> and <!-- /bench -->")
	flags.BoolVar(&o.check, "check", false, "write nothing, and fail if --docs (default docs/performance.md) doesn't say what the results do")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = fmt.Fprint(stderr, "bench report shows what bench compare has measured.\n\n")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w (-h explains the options)", err)
	case flags.NArg() > 0:
		return nil, fmt.Errorf("%q isn't an option (-h explains them)", flags.Arg(0))
	case o.in == "":
		return nil, errors.New("--in: a file's name, or -")
	case o.check && o.out != "":
		return nil, errors.New("--check writes nothing: no --out with it")
	case o.check && o.docs == "":
		o.docs = "docs/performance.md"
	case o.docs == "" && o.out == "":
		o.out = "report.html"
	}
	return o, nil
}

func (o *options) run(ctx context.Context, stdout io.Writer) error {
	run, err := read(o.in)
	if err != nil {
		return err
	}
	if o.docs != "" {
		if err := o.document(run, stdout); err != nil {
			return err
		}
	}
	if o.out == "" {
		return nil
	}
	page, err := Page(ctx, run)
	if err != nil {
		return err
	}
	if err := replace(o.out, page); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %s\n", o.out, run.Tally())
	return err
}

func read(name string) (*results.Run, error) {
	if name == "-" {
		return results.Read(os.Stdin)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	run, err := results.Read(file)
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return run, errors.Join(err, file.Close())
}

// document rewrites or checks the document's tables.
func (o *options) document(run *results.Run, stdout io.Writer) error {
	old, err := os.ReadFile(o.docs)
	if err != nil {
		return err
	}
	text, stale, err := Rewrite(string(old), run)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", o.docs, err)
	case len(stale) > 0 && o.check:
		return fmt.Errorf("%s doesn't say what %s does: %s; write them with: go run ./bench report --in %s --docs %s",
			o.docs, o.in, strings.Join(stale, ", "), o.in, o.docs)
	case len(stale) > 0:
		if err := replace(o.docs, []byte(text)); err != nil {
			return err
		}
		_, err = fmt.Fprintf(stdout, "%s: wrote %s\n", o.docs, strings.Join(stale, ", "))
	default:
		_, err = fmt.Fprintf(stdout, "%s: says what %s does\n", o.docs, o.in)
	}
	return err
}
