package compare

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/troupedb/troupe/bench/results"
)

// files are what a run writes. They are made before it begins, so that an hour's work doesn't end in a directory that isn't there.
type files struct{ json, benchfmt *os.File }

// create makes the files that the options name.
func (o *options) create() (f files, err error) {
	if o.json != "" {
		if f.json, err = os.Create(o.json); err != nil {
			return f, fmt.Errorf("--json: %w", err)
		}
	}
	if o.benchfmt != "" {
		if f.benchfmt, err = os.Create(o.benchfmt); err != nil {
			return f, errors.Join(fmt.Errorf("--benchfmt: %w", err), f.close())
		}
	}
	return f, nil
}

func (f files) write(run *results.Run) (err error) {
	if f.json != nil {
		err = results.Write(f.json, run)
	}
	if f.benchfmt != nil {
		err = errors.Join(err, writeBenchmarks(f.benchfmt, run))
	}
	return err
}

func (f files) close() (err error) {
	for _, file := range []*os.File{f.json, f.benchfmt} {
		if file != nil {
			err = errors.Join(err, file.Close())
		}
	}
	return err
}

// writeBenchmarks writes the format of Go's benchmarks: a line for each round of each variant.
func writeBenchmarks(to io.Writer, run *results.Run) error {
	w := bufio.NewWriter(to)
	printf := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // Flush has the first error
	printf("goos: %s\ngoarch: %s\ncpu: %s\n", runtime.GOOS, runtime.GOARCH, run.Machine.CPU)
	for _, e := range run.Experiments {
		for _, v := range e.Variants {
			for _, r := range v.Rounds {
				each := func(total float64) float64 { return total / float64(max(r.Count, 1)) }
				printf("BenchmarkCompare/%s/%s-%d\t%d\t%.1f ns/op", e.Name, v.Name, runtime.GOMAXPROCS(0), r.Count, each(float64(r.Wall)))
				for _, more := range []struct {
					unit  string
					value float64
				}{
					{"p50-ns", float64(r.P50)},
					{"p99-ns", float64(r.P99)},
					{"client-cpu-ns/op", each(float64(r.ClientCPU))},
					{"server-cpu-ns/op", each(float64(r.ServerCPU))},
					{"peak-rss-B", float64(r.PeakRSS)},
				} {
					if more.value > 0 {
						printf("\t%.1f %s", more.value, more.unit)
					}
				}
				printf("\t%.1f B/op\t%.4f allocs/op\n", each(float64(r.AllocBytes)), each(float64(r.Allocs)))
			}
		}
	}
	return w.Flush()
}
