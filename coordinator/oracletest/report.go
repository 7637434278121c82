package oracletest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// Report is what a run found. Executions are of one statement on one troupe.
type Report struct {
	Dialect messages.Dialect
	Seed    uint64

	Statements int // that were made
	Invalid    int // of those, how many the one database has an error for
	Executions int // on troupes
	Compared   int // of those, how many answers were compared
	Scattered  int // of those over several shards, how many could have been refused
	Narrowed   int // executions on fewer shards than there are
	Witnessed  int // of those, how many were run on the other shards as well
	Written    int // writes after which the tables were compared

	// Refused counts refusals by code, over troupes of several shards.
	Refused map[string]int
	// ScaleDiffers counts answers whose numerics are equal but shown with other scales; Scale has one of the statements.
	ScaleDiffers int
	Scale        string
	// Shapes counts by what the generator meant statements to be, "rows" or "insert, bound": those that are bound are for one
	// key, so that no clause of them is a reason for a refusal.
	Shapes map[string]*Shape

	// Mismatches are what is wrong.
	Mismatches []Mismatch
}

// Shape counts what became of the statements of one shape.
type Shape struct {
	Made      int // statements
	Scattered int // executions over several shards
	Refused   int // of those
}

// RefusalRate returns which part of the executions over several shards was refused.
func (s *Shape) RefusalRate() float64 { return float64(s.Refused) / float64(max(1, s.Scattered)) }

func newReport(cfg Config) *Report {
	return &Report{Dialect: cfg.Dialect, Seed: cfg.Seed, Refused: map[string]int{}, Shapes: map[string]*Shape{}}
}

func (r *Report) shape(st *statement) *Shape {
	if r.Shapes[st.shape] == nil {
		r.Shapes[st.shape] = &Shape{}
	}
	return r.Shapes[st.shape]
}

// Mismatch is a statement to which a troupe's answer is wrong.
type Mismatch struct {
	Dialect messages.Dialect
	Seed    uint64
	Number  uint64 // of the statement
	Shards  int    // of the troupe
	What    string
	SQL     string
	Args    []any
	One     string // the one database's answer
	Troupe  string

	// Smaller is the same statement without what doesn't matter, and Contents are the rows that it needs, by shard. Empty if
	// the run was told not to look for it.
	Smaller     string
	SmallerArgs []any
	Contents    string
}

// String says how to run it again.
func (m Mismatch) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v over %d shards: %s\n", m.Dialect, m.Shards, m.What)
	fmt.Fprintf(&b, "again: go test ./coordinator/oracletest -run Agree/%v -seed %d -statement %d -v\n", m.Dialect, m.Seed, m.Number)
	fmt.Fprintf(&b, "statement: %s\nargs: %s\none database: %s\nthe troupe: %s\n", m.SQL, showArgs(m.Args), m.One, m.Troupe)
	if m.Smaller != "" {
		fmt.Fprintf(&b, "smaller: %s\nargs: %s\n%s", m.Smaller, showArgs(m.SmallerArgs), m.Contents)
	}
	return b.String()
}

func showArgs(args []any) string {
	parts := make([]string, len(args))
	for i, a := range args {
		if p, ok := a.(*int64); ok {
			a = *p
		}
		parts[i] = fmt.Sprintf("%T(%v)", a, a)
	}
	return strings.Join(parts, ", ")
}

// Refusals returns how many executions were refused.
func (r *Report) Refusals() int {
	sum := 0
	for _, n := range r.Refused {
		sum += n
	}
	return sum
}

// RefusalRate returns which part of the executions over several shards was refused.
func (r *Report) RefusalRate() float64 {
	return float64(r.Refusals()) / float64(max(1, r.Scattered))
}

// String sums the report up.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v, seed %d: %d statements (%d invalid), %d executions: %d compared, %d refused (%.1f %% of those over several shards), "+
		"%d narrowed, %d witnessed, %d writes checked, %d other scales, %d mismatches\n", r.Dialect, r.Seed, r.Statements, r.Invalid,
		r.Executions, r.Compared, r.Refusals(), 100*r.RefusalRate(), r.Narrowed, r.Witnessed, r.Written, r.ScaleDiffers, len(r.Mismatches))
	for _, code := range slices.Sorted(maps.Keys(r.Refused)) {
		fmt.Fprintf(&b, "  refused %6d  %s\n", r.Refused[code], code)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Shapes)) {
		shape := r.Shapes[name]
		fmt.Fprintf(&b, "  made %6d, refused %5.1f %% of %6d  %s\n", shape.Made, 100*shape.RefusalRate(), shape.Scattered, name)
	}
	if r.Scale != "" {
		fmt.Fprintf(&b, "  another scale: %s\n", r.Scale)
	}
	return b.String()
}
