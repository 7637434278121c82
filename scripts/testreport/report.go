package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	slowest  = 10          // tests that the report names
	slowFrom = time.Second // shorter ones aren't slow
)

// event is what test2json writes, see `go doc test2json`.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build output
	Test        string
	Elapsed     float64 // seconds
	Output      string
	FailedBuild string
}

// test is one test, subtest, benchmark or example; with an empty name, it is what the package says outside of them.
type test struct {
	pkg, name string
	output    []string
	parent    bool // it has subtests
	failing   bool // one of its subtests failed
	done      bool
}

// report is what is known so far.
type report struct {
	w      io.Writer
	tests  map[[2]string]*test
	builds map[string][]string // output by import path

	passed, failed int
	skips          map[string][]string // tests by reason
	slow           []slowTest
}

type slowTest struct {
	name string
	took time.Duration
}

func newReport(w io.Writer) *report {
	return &report{w: w, tests: map[[2]string]*test{}, builds: map[string][]string{}, skips: map[string][]string{}}
}

// line takes one line of input. What is no event is passed on.
func (r *report) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
		r.print(line)
		return
	}
	switch e.Action {
	case "build-output":
		r.builds[e.ImportPath] = append(r.builds[e.ImportPath], e.Output)
	case "output":
		if t := r.test(e.Package, e.Test); !strings.HasPrefix(e.Output, "=== ") {
			t.output = append(t.output, e.Output)
		}
	case "start", "run":
		r.test(e.Package, e.Test)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.packageEnds(e)
		} else {
			r.testEnds(r.test(e.Package, e.Test), e)
		}
	}
}

func (r *report) test(pkg, name string) *test {
	key := [2]string{pkg, name}
	t := r.tests[key]
	if t == nil {
		t = &test{pkg: pkg, name: name}
		r.tests[key] = t
		if above := r.above(t); above != nil {
			above.parent = true
		}
	}
	return t
}

// above returns the test that t is a subtest of, or nil.
func (r *report) above(t *test) *test {
	i := strings.LastIndexByte(t.name, '/')
	if i < 0 {
		return nil
	}
	return r.test(t.pkg, t.name[:i])
}

func (r *report) testEnds(t *test, e event) {
	t.done = true
	switch {
	case e.Action == "fail":
		r.testFails(t)
	case t.parent: // its subtests were counted
	case e.Action == "skip":
		reason := skipReason(t.output)
		r.skips[reason] = append(r.skips[reason], t.name)
	default:
		r.passed++
	}
	if took := seconds(e.Elapsed); took >= slowFrom && !strings.Contains(t.name, "/") {
		r.slow = append(r.slow, slowTest{e.Package[strings.LastIndexByte(e.Package, '/')+1:] + "." + t.name, took})
	}
	t.output = nil
}

func (r *report) testFails(t *test) {
	if !t.failing {
		r.failed++
	}
	if above := r.above(t); above != nil {
		above.failing = true
	}
	r.test(t.pkg, "").failing = true
	r.print(t.output...)
}

func (r *report) packageEnds(e event) {
	whole := r.test(e.Package, "")
	if e.Action == "fail" {
		// A test that has no end was running when the process died, and has the stacks.
		for _, t := range r.testsOf(e.Package) {
			if !t.done {
				r.testFails(t)
			}
		}
		if !whole.failing { // it didn't build, or TestMain found a leak
			r.failed++
		}
		r.print(r.builds[e.FailedBuild]...)
		r.print(whole.output...)
	} else if n := len(whole.output); n > 0 && e.Action == "pass" {
		r.print(whole.output[n-1]) // "ok  package  1.2s"
	}
	maps.DeleteFunc(r.tests, func(key [2]string, _ *test) bool { return key[0] == e.Package })
}

// testsOf returns the tests of a package that have begun, subtests first.
func (r *report) testsOf(pkg string) []*test {
	var list []*test
	for key, t := range r.tests {
		if key[0] == pkg && key[1] != "" {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *test) int { return -cmp.Compare(a.name, b.name) })
	return list
}

// end prints the summary, and returns whether there were tests and all of them passed.
func (r *report) end() bool {
	for key := range r.tests {
		if key[1] == "" {
			r.print("\nFAIL " + key[0] + ": the output ends before the package does\n")
			r.failed++
		}
	}
	skipped := 0
	for _, reason := range slices.Sorted(maps.Keys(r.skips)) {
		names := r.skips[reason]
		skipped += len(names)
		r.print(fmt.Sprintf("\nskipped %d: %s\n    %s\n", len(names), reason, strings.Join(shorten(names, 5), ", ")))
	}
	slices.SortFunc(r.slow, func(a, b slowTest) int { return cmp.Compare(b.took, a.took) })
	if len(r.slow) > 0 {
		r.print("\nslowest:\n")
	}
	for _, s := range r.slow[:min(slowest, len(r.slow))] {
		r.print(fmt.Sprintf("%8.1fs  %s\n", s.took.Seconds(), s.name))
	}
	r.print(fmt.Sprintf("\ntests: %d passed, %d failed, %d skipped\n", r.passed, r.failed, skipped))
	return r.failed == 0 && r.passed > 0
}

func (r *report) print(lines ...string) {
	for _, line := range lines {
		_, _ = io.WriteString(r.w, line) // a failure sticks to the buffer, and shows in Flush
	}
}

// skipReason returns what was given to Skip, without the place.
func skipReason(output []string) string {
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, reason, ok := strings.Cut(line, ".go:"); ok {
			if _, reason, ok := strings.Cut(reason, ": "); ok {
				return reason
			}
		}
		return line
	}
	return "no reason given"
}

func shorten(names []string, n int) []string {
	if len(names) <= n {
		return names
	}
	return append(slices.Clone(names[:n]), fmt.Sprintf("and %d more", len(names)-n))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
