package main

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
)

// report prints what the steps find, and counts.
type report struct {
	out     io.Writer
	engines []string // of the shards
	held    int
	broken  int
}

func (r *report) printf(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

func (r *report) assert(ok bool, what, got, want string) {
	if ok {
		r.held++
		r.printf("ok    %s: %s\n", what, got)
		return
	}
	r.broken++
	r.printf("FAIL  %s: %s, not %s\n", what, got, want)
}

// check asserts that got is want.
func check[T any](e *example, what string, got, want T) {
	e.assert(reflect.DeepEqual(got, want), what, fmt.Sprint(got), fmt.Sprint(want))
}

// atMost asserts that got is at most limit.
func atMost(e *example, what string, got, limit uint64, show func(uint64) string) {
	e.assert(got <= limit, what, show(got), "at most "+show(limit))
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

func mib(bytes uint64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
