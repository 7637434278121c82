package profile

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
	"unicode"
)

// report is where results go.
type report interface {
	// line prints a line for people.
	line(text string)
	result(res *result) error
}

func newReport(o *options, w io.Writer) report {
	switch {
	case o.json:
		return jsonLines{json.NewEncoder(w)}
	case o.benchfmt:
		return &goFormat{w: w}
	}
	return lines{w, o.profile}
}

// lines are for people, as SQLAlchemy's profiler prints them.
type lines struct {
	w        io.Writer
	profiled bool
}

func (l lines) line(text string) { _, _ = fmt.Fprintln(l.w, text) }

func (l lines) result(res *result) error {
	clients, total, spread := "", "", ""
	if n := res.stage.Clients; n > 1 {
		clients = fmt.Sprintf(" by %d clients", n)
	}
	if l.profiled {
		allocations := of(res, func(m measurement) uint64 { return m.allocations })
		total = fmt.Sprintf("total allocations %d", middle(allocations))
		spread = fmt.Sprintf("from %d to %d", allocations[0], allocations[len(allocations)-1])
	} else {
		seconds := of(res, func(m measurement) float64 { return m.wall.Seconds() })
		total = fmt.Sprintf("total time %f sec", middle(seconds))
		spread = fmt.Sprintf("from %f to %f", seconds[0], seconds[len(seconds)-1])
	}
	text := fmt.Sprintf("%s : %s (%d iterations%s); %s", res.test.name, res.test.doc, res.stage.N, clients, total)
	if n := len(res.runs); n > 1 {
		text += fmt.Sprintf(" (median of %d runs, %s)", n, spread)
	}
	_, err := fmt.Fprintln(l.w, text)
	return err
}

// jsonLines are an object for each test.
type jsonLines struct{ encoder *json.Encoder }

type jsonResult struct {
	Suite      string    `json:"suite"`
	Test       string    `json:"test"`
	Doc        string    `json:"doc"`
	Iterations int       `json:"iterations"`
	Clients    int       `json:"clients"`
	Shards     []string  `json:"shards"` // their dialects
	Runs       []jsonRun `json:"runs"`
	Profiles   []string  `json:"profiles,omitempty"`
}

type jsonRun struct {
	Operations  int     `json:"operations"`
	Rows        int64   `json:"rows"`
	Sum         string  `json:"sum"` // in hexadecimal: not every reader of JSON has 64 bits for a number
	Seconds     float64 `json:"seconds"`
	CPUSeconds  float64 `json:"cpu_seconds"`
	Allocations uint64  `json:"allocations"`
	Bytes       uint64  `json:"bytes"`
	Collections uint32  `json:"collections"`
}

func (jsonLines) line(string) {}

func (l jsonLines) result(res *result) error {
	out := jsonResult{
		Suite: res.suite, Test: res.test.name, Doc: res.test.doc, Iterations: res.stage.N, Clients: res.stage.Clients,
		Shards: res.stage.engines(), Profiles: res.files,
	}
	for _, m := range res.runs {
		out.Runs = append(out.Runs, jsonRun{
			Operations: m.operations, Rows: m.answer.Rows, Sum: fmt.Sprintf("%016x", m.answer.Sum), Seconds: m.wall.Seconds(), CPUSeconds: m.cpu.Seconds(),
			Allocations: m.allocations, Bytes: m.bytes, Collections: m.cycles,
		})
	}
	return l.encoder.Encode(out)
}

// goFormat is the format of Go's benchmarks: a line for each run, whose iterations are the operations.
type goFormat struct {
	w     io.Writer
	begun bool
}

func (*goFormat) line(string) {}

func (g *goFormat) result(res *result) error {
	if !g.begun {
		g.begun = true
		if _, err := fmt.Fprintf(g.w, "goos: %s\ngoarch: %s\nshards: %s\n", runtime.GOOS, runtime.GOARCH, strings.Join(res.stage.engines(), ",")); err != nil {
			return err
		}
	}
	for _, m := range res.runs {
		each := func(total float64) float64 { return total / float64(m.operations) }
		_, err := fmt.Fprintf(g.w, "Benchmark%s/%s/shards=%d/clients=%d-%d\t%d\t%.1f ns/op\t%.1f cpu-ns/op\t%.1f B/op\t%.3f allocs/op\n",
			camel(res.suite), res.test.name, len(res.stage.Shards), res.stage.Clients, runtime.GOMAXPROCS(0), m.operations,
			each(nanoseconds(m.wall)), each(nanoseconds(m.cpu)), each(float64(m.bytes)), each(float64(m.allocations)))
		if err != nil {
			return err
		}
	}
	return nil
}

func nanoseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) }

// camel writes large_resultsets as LargeResultsets: a benchmark's name has no small letter there.
func camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "_") {
		for i, r := range part {
			if i == 0 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// engines returns which databases the shards are.
func (s *Stage) engines() []string {
	engines := []string{}
	for _, shard := range s.Shards {
		engine := "PostgreSQL"
		if strings.HasPrefix(string(shard.DSN), "sqlite:") {
			engine = "SQLite"
		}
		engines = append(engines, engine)
	}
	return engines
}
