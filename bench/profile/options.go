package profile

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// options are the command line.
type options struct {
	suite   *Profiler // nil with --list of all
	tests   []test    // that are to run
	dburls  []string
	num     int
	shards  int
	clients int
	runs    int

	profile, dump, callers bool
	sort                   string
	raw                    string

	list, gc, echo bool
	json, benchfmt bool
}

// sorts are the values of --sort: Python's names, and pprof's.
var sorts = map[string]string{
	"cumulative": "-cum", "cumtime": "-cum", "cum": "-cum",
	"tottime": "-flat", "time": "-flat", "flat": "-flat",
}

// parse reads the command line. Its errors show no URL, for that may hold a password.
func parse(name string, suites []*Profiler, args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	var names []string
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("test", "run only these tests: `names` with commas between them; may be repeated", func(value string) error {
		names = append(names, strings.Split(value, ",")...)
		return nil
	})
	// What is wrong with a URL is said after parsing, because the flag package would print the value, password and all.
	flags.Func("dburl", "a database: `url`, postgres://… or sqlite:FILE; repeated, one for each shard (default SQLite files in a temporary directory)",
		func(value string) error {
			o.dburls = append(o.dburls, value)
			return nil
		})
	flags.IntVar(&o.num, "num", 0, "how many `iterations` each test does (default the suite's own)")
	flags.IntVar(&o.shards, "shards", 0, "how many SQLite files there are: a `number` (default 1)")
	flags.IntVar(&o.clients, "clients", 1, "how many goroutines do a test's iterations: a `number`")
	flags.IntVar(&o.runs, "runs", 1, "how often each test runs: a `number`; the time is the median then")
	flags.BoolVar(&o.profile, "profile", false, "take a CPU profile, and count allocations instead of time")
	flags.StringVar(&o.sort, "sort", "cumulative", "how --dump is sorted: a `key`, cumulative or tottime")
	flags.BoolVar(&o.dump, "dump", false, "print the whole profile; implies --profile")
	flags.BoolVar(&o.callers, "callers", false, "print callers too; implies --dump")
	flags.StringVar(&o.raw, "raw", "", "write profiles to `file`, or next to it with the test's name in theirs; implies --profile")
	flags.BoolVar(&o.gc, "gc", false, "print what the garbage collector did during each test")
	flags.BoolVar(&o.echo, "echo", false, "log the SQL that each shard is sent")
	flags.BoolVar(&o.list, "list", false, "list the suites and their tests, and run none")
	flags.BoolVar(&o.json, "json", false, "print a JSON object for each test")
	flags.BoolVar(&o.benchfmt, "benchfmt", false, "print the format of Go's benchmarks, for benchstat")

	words, err := parseAnywhere(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		explain(name, suites, flags, stderr)
	}
	if err != nil {
		return nil, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if err := o.choose(suites, words, names); err != nil {
		return nil, err
	}
	return o, o.check(given)
}

// parseAnywhere parses flags that may come before and after other words, which it returns.
func parseAnywhere(flags *flag.FlagSet, args []string) (words []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}

func explain(name string, suites []*Profiler, flags *flag.FlagSet, stderr io.Writer) {
	printf := func(format string, args ...any) { _, _ = fmt.Fprintf(stderr, format, args...) }
	if len(suites) == 1 {
		printf("%s runs the suite %s: %s\n", name, suites[0].name, suites[0].doc)
	} else {
		printf("%s SUITE runs a suite of benchmarks, and checks what they answer.\n", name)
	}
	printf("It drops and creates tables in the databases that it is given.\n\n")
	if len(suites) > 1 {
		for _, p := range suites {
			printf("  %-18s %s\n", p.name, p.doc)
		}
		printf("\n")
	}
	flags.SetOutput(stderr)
	flags.PrintDefaults()
}

// choose finds the suite and its tests.
func (o *options) choose(suites []*Profiler, words, names []string) error {
	var all []string
	for _, p := range suites {
		all = append(all, p.name)
	}
	switch {
	case len(words) > 1:
		return fmt.Errorf("one suite at a time; there are %s", strings.Join(all, ", "))
	case len(words) == 1:
		i := slices.Index(all, words[0])
		if i < 0 {
			return fmt.Errorf("no suite is called that; there are %s", strings.Join(all, ", "))
		}
		o.suite = suites[i]
	case len(suites) == 1:
		o.suite = suites[0]
	case o.list && len(names) == 0:
		return nil
	default:
		return fmt.Errorf("which suite? There are %s", strings.Join(all, ", "))
	}
	if len(names) == 0 {
		o.tests = o.suite.tests
		return nil
	}
	known := o.suite.Tests()
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("--test: %s has no %q; it has %s", o.suite.name, name, strings.Join(known, ", "))
		}
	}
	for _, t := range o.suite.tests { // in the suite's order, each once
		if slices.Contains(names, t.name) {
			o.tests = append(o.tests, t)
		}
	}
	return nil
}

// check finds options that make no sense, and adds those that others imply.
func (o *options) check(given map[string]bool) error {
	for _, count := range []struct {
		name  string
		value int
	}{{"num", o.num}, {"shards", o.shards}, {"clients", o.clients}, {"runs", o.runs}} {
		if given[count.name] && count.value < 1 {
			return fmt.Errorf("--%s: at least 1", count.name)
		}
	}
	switch {
	case sorts[o.sort] == "":
		return errors.New("--sort: cumulative or tottime")
	case given["raw"] && o.raw == "":
		return errors.New("--raw: a file's name")
	case o.json && o.benchfmt:
		return errors.New("--json or --benchfmt, not both")
	case (o.json || o.benchfmt) && (o.dump || o.callers || o.gc):
		return errors.New("--json and --benchfmt print nothing else: no --dump, --callers and --gc with them")
	case slices.Contains(o.dburls, ""):
		return errors.New("--dburl: the URL is empty")
	case len(o.dburls) > 0 && given["shards"] && o.shards != len(o.dburls):
		return fmt.Errorf("--shards %d needs as many --dburl, and there are %d", o.shards, len(o.dburls))
	}
	o.dump = o.dump || o.callers
	o.profile = o.profile || o.dump || o.raw != ""
	if o.num == 0 && o.suite != nil {
		o.num = o.suite.num
	}
	if o.shards = max(o.shards, len(o.dburls)); o.shards == 0 {
		o.shards = 1
	}
	if len(o.dburls) > 0 {
		return checkURLs(o.dburls)
	}
	return nil
}
