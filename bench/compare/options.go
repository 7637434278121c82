package compare

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	tests    []string
	rounds   int
	time     time.Duration // of a sample
	postgres string        // a DSN; "" for a cluster of our own
	json     string
	benchfmt string
	list     bool
	quick    bool
	sizes    sizes
}

// sizes are how much there is to work on.
type sizes struct {
	customers     int // to select from
	scanned       int // of each database that is scanned
	streamed      int // how often a stream reads these again
	open, idle    int // shards
	cold, coldOps int // of the idle shards that are asked in turn, and how many of them in a sample
	coldOpen      int // that may be open at once
	scatter       []int
	seeds         int // iterations of a test; 0 for the suite's own
}

// databases is how many are scanned and streamed from at once.
const databases = 4

var (
	fullSizes = sizes{
		customers: 10_000, scanned: 125_000, streamed: 10, open: 1_000, idle: 10_000, cold: 3_000, coldOps: 1_000, coldOpen: 1_000,
		scatter: []int{4, 64, 1_000},
	}
	quickSizes = sizes{
		customers: 500, scanned: 2_000, streamed: 2, open: 20, idle: 50, cold: 40, coldOps: 40, coldOpen: 10,
		scatter: []int{4, 64, 1_000}, seeds: 60,
	}
)

const (
	defaultRounds  = 11
	defaultSeconds = 0.3
	quickSeconds   = 0.02
	maxSeconds     = 60
	maxRounds      = 1_000
)

// parse reads the command line. Its errors show no DSN, for that may hold a password.
func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{sizes: fullSizes}
	var seconds float64
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("test", "run only these experiments: `names` with commas between them, or what their names begin with up to a slash; may be repeated", func(value string) error {
		o.tests = append(o.tests, strings.Split(value, ",")...)
		return nil
	})
	flags.IntVar(&o.rounds, "rounds", defaultRounds, "how often each variant runs: a `number`")
	flags.Float64Var(&seconds, "seconds", defaultSeconds, "how long a sample takes: `seconds`; a scan takes as long as it takes")
	flags.StringVar(&o.postgres, "postgres", "", "a server: a `url`, postgres://…, of somebody who may create databases (default a throw-away cluster, which syncs to disk)")
	flags.StringVar(&o.json, "json", "", "write the measurements to `file`, for go run ./bench report")
	flags.StringVar(&o.benchfmt, "benchfmt", "", "write Go's benchmark format to `file`, for benchstat")
	flags.BoolVar(&o.list, "list", false, "list the experiments, and run none")
	flags.BoolVar(&o.quick, "quick", false, "a round of small samples, to see that all works; the figures mean nothing")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		_, _ = fmt.Fprint(stderr, "bench compare measures troupe beside its peers, and checks what they answer.\n\n")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
	}
	if err != nil {
		return nil, err
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if o.quick {
		o.sizes = quickSizes
		if !given["rounds"] {
			o.rounds = 1
		}
		if !given["seconds"] {
			seconds = quickSeconds
		}
	}
	o.time = time.Duration(seconds * float64(time.Second))
	switch {
	case flags.NArg() > 0:
		return nil, errors.New("there are options only; --test says which experiments are to run")
	case o.rounds < 1 || o.rounds > maxRounds:
		return nil, fmt.Errorf("--rounds: from 1 to %d", maxRounds)
	case !(seconds > 0 && seconds <= maxSeconds) || o.time <= 0:
		return nil, fmt.Errorf("--seconds: more than 0, up to %d", maxSeconds)
	case given["postgres"] && !strings.HasPrefix(o.postgres, "postgres://") && !strings.HasPrefix(o.postgres, "postgresql://"):
		return nil, errors.New("--postgres: a URL that begins with postgres://")
	case given["json"] && o.json == "", given["benchfmt"] && o.benchfmt == "":
		return nil, errors.New("--json and --benchfmt need a file's name")
	case o.json != "" && o.json == o.benchfmt:
		return nil, errors.New("--json and --benchfmt need different files")
	}
	return o, nil
}

// choose returns the experiments that --test names, in their order.
func (o *options) choose(all []experiment) ([]experiment, error) {
	if len(o.tests) == 0 {
		return all, nil
	}
	matches := func(e experiment, name string) bool {
		return e.about.Name == name || strings.HasPrefix(e.about.Name, name+"/")
	}
	for _, name := range o.tests {
		if !slices.ContainsFunc(all, func(e experiment) bool { return matches(e, name) }) {
			return nil, fmt.Errorf("--test: there is no experiment %q; --list lists them", name)
		}
	}
	var chosen []experiment
	for _, e := range all {
		if slices.ContainsFunc(o.tests, func(name string) bool { return matches(e, name) }) {
			chosen = append(chosen, e)
		}
	}
	return chosen, nil
}
