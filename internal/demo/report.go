package demo

import (
	"fmt"
	"io"
	"reflect"
)

// Report prints what a program finds, and counts. One goroutine uses it at a time.
type Report struct {
	out     io.Writer
	engines []string // of the shards
	held    int
	broken  int
}

// Printf prints to the program's stdout.
func (r *Report) Printf(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format, args...) }

// Assert counts what was asserted, and prints what was got, and what not if it wasn't.
func (r *Report) Assert(ok bool, what, got, want string) {
	if ok {
		r.held++
		r.Printf("ok    %s: %s\n", what, got)
		return
	}
	r.broken++
	r.Printf("FAIL  %s: %s, not %s\n", what, got, want)
}

// Check asserts that got is want.
func Check[T any](r *Report, what string, got, want T) {
	r.Assert(reflect.DeepEqual(got, want), what, fmt.Sprint(got), fmt.Sprint(want))
}
