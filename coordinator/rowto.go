package coordinator

import (
	"unsafe"

	"github.com/jackc/pgx/v5"
)

// rowTo makes one T after another of rows that are read in turn. The zero value but for scan and columns is ready for use.
type rowTo[T any] struct {
	scan    pgx.RowToFunc[T] // how pgx does it
	columns bool             // T is a struct of columns, else the value of one
	rows    *Rows            // nil for rows that aren't a troupe's

	object *T          // what the rows become, in turn; nil before it is needed
	dest   []any       // object, for a T that is a value
	plan   *structPlan // for a T that is a struct of columns
	began  bool        // there was a row
	never  bool        // there can't be a plan
}

// next returns the current row as a T, which is valid until the next call. The first struct is pgx's own work: an answer of one row isn't
// worth a plan.
func (t *rowTo[T]) next(row pgx.CollectableRow) (*T, error) {
	switch {
	case t.rows == nil || t.never || t.columns && !t.began:
		t.began = true
		v, err := t.scan(row)
		return &v, err
	case !t.columns:
		return t.nextValue()
	}
	if t.plan == nil || t.plan.generation != t.rows.scan.generation {
		plan, err := planStruct[T](t.rows)
		if err != nil {
			return nil, err
		}
		if t.plan, t.never = plan, plan == nil; t.never {
			return t.next(row)
		}
	}
	if t.object == nil {
		t.object = new(T)
	} else if t.plan.indirect {
		var zero T
		*t.object = zero
	}
	return t.object, t.rows.scanStruct(t.plan, unsafe.Pointer(t.object))
}

func (t *rowTo[T]) nextValue() (*T, error) {
	var zero T
	if t.object == nil {
		t.object = new(T)
		t.dest = []any{t.object}
	}
	*t.object = zero
	return t.object, t.rows.Scan(t.dest...)
}
