package fake

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Result is what a statement answers. Its methods return changed copies, so a Result can be kept and varied.
type Result struct {
	tag      string
	rows     int
	added    [][]any // by Row
	generate func(i int) []any
	columns  []layout
	steps    map[Point][]Step
	eachRow  []Step
	buffered func(next int) bool
}

// layout is the columns of the rows from a row on.
type layout struct {
	from   int
	fields []pgconn.FieldDescription
}

// Raw is a value that is already encoded.
type Raw []byte

// Column returns the description of a column in binary format.
func Column(name string, oid uint32) pgconn.FieldDescription {
	return pgconn.FieldDescription{
		Name: name, DataTypeOID: oid, DataTypeSize: -1, TypeModifier: -1, Format: pgtype.BinaryFormatCode,
	}
}

// Rows returns a result with these columns and no rows yet. Its tag is "SELECT" with the number of rows.
func Rows(columns ...pgconn.FieldDescription) Result {
	return Result{columns: []layout{{0, columns}}}
}

// Tag returns a result without columns and rows, and with this command tag.
func Tag(tag string) Result { return Result{tag: tag, columns: []layout{{}}} }

// Error returns the result of a statement that fails with err before it has described its columns.
func Error(err error) Result { return Tag("").At(AtQuery, Fail(err)) }

// Row adds a row to those added before. Values are encoded as pgx would encode them for their column; nil is NULL, and a
// Raw stays as it is.
func (r Result) Row(values ...any) Result {
	if r.rows != len(r.added) {
		panic("bug: Row after Generate")
	}
	added := append(slices.Clone(r.added), values)
	r.added = added
	return r.Generate(len(added), func(i int) []any { return added[i] })
}

// Generate replaces the rows with n rows that row makes when they are read; i counts from 0. The slice that it returns
// is looked at before the next call only.
func (r Result) Generate(n int, row func(i int) []any) Result {
	r.rows, r.generate = n, row
	return r
}

// Redescribe gives the rows from row i on other columns.
func (r Result) Redescribe(i int, columns ...pgconn.FieldDescription) Result {
	r.columns = append(slices.Clone(r.columns), layout{i, columns})
	return r
}

// WithTag replaces the command tag.
func (r Result) WithTag(tag string) Result {
	r.tag = tag
	return r
}

// At adds steps at p.
func (r Result) At(p Point, steps ...Step) Result {
	if p.ofBackend() {
		panic(fmt.Sprintf("bug: point %d belongs to a Backend", p))
	}
	r.steps = maps.Clone(r.steps)
	if r.steps == nil {
		r.steps = map[Point][]Step{}
	}
	r.steps[p] = append(slices.Clone(r.steps[p]), steps...)
	return r
}

// EachRow adds steps that are taken before every row, and before those at AtRow.
func (r Result) EachRow(steps ...Step) Result {
	r.eachRow = append(slices.Clone(r.eachRow), steps...)
	return r
}

// Buffered replaces what the cursor's Buffered answers when Next would move to row next. By default that is whether no
// step would be taken.
func (r Result) Buffered(answer func(next int) bool) Result {
	r.buffered = answer
	return r
}

func (r *Result) commandTag() pgconn.CommandTag {
	if r.tag == "" {
		return pgconn.NewCommandTag(fmt.Sprintf("SELECT %d", r.rows))
	}
	return pgconn.NewCommandTag(r.tag)
}

// stepsAtRow returns the steps of the Next that moves to row i, which may be the end.
func (r *Result) stepsAtRow(i int) []Step {
	at := r.steps[AtRow(i)]
	if i == r.rows || len(r.eachRow) == 0 {
		return at
	}
	return slices.Concat(r.eachRow, at)
}
