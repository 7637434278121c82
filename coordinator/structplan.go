package coordinator

import (
	"reflect"
	"unsafe"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// structPlan is how a row becomes a struct of one type, as pgx.RowToStructByName makes it. Which field is whose is pgx's own answer.
// It holds as long as the scanner's columns do.
type structPlan struct {
	generation int
	fields     []structField // by column
	// indirect says that there are fields that pgtype scans, which may add to what is there.
	indirect bool
}

// structField is the field of a column.
type structField struct {
	offset     uintptr
	kind       unsafe.Pointer // of a pointer to it
	conversion conversion
	field      reflect.Type
}

// planStruct makes a plan for Ts from the current row on. Nil without an error is for a T that a row isn't scanned into column by column.
func planStruct[T any](r *Rows) (*structPlan, error) {
	s := &r.scan
	found := fieldsOfRow{fields: s.described.Fields}
	object, err := pgx.RowToAddrOfStructByName[T](&found)
	if err != nil {
		return nil, err
	}
	if len(found.targets) == 1 {
		if _, whole := found.targets[0].(pgx.RowScanner); whole {
			return nil, nil
		}
	}
	p := &structPlan{generation: s.generation, fields: make([]structField, len(found.targets))}
	for i, target := range found.targets {
		w := wordsOf(&target)
		p.fields[i] = structField{
			offset: uintptr(w.data) - uintptr(unsafe.Pointer(object)), kind: w.kind,
			conversion: conversionFor(s.described, i, target), field: reflect.TypeOf(target).Elem(),
		}
		p.indirect = p.indirect || p.fields[i].conversion == byPlan
	}
	return p, nil
}

// fieldsOfRow is a row that only wants to know what it is to be scanned into.
type fieldsOfRow struct {
	fields  []pgconn.FieldDescription
	targets []any
}

func (f *fieldsOfRow) FieldDescriptions() []pgconn.FieldDescription { return f.fields }
func (f *fieldsOfRow) Values() ([]any, error)                       { return nil, errNoRow }
func (f *fieldsOfRow) RawValues() [][]byte                          { return nil }

func (f *fieldsOfRow) Scan(dest ...any) error {
	f.targets = dest
	return nil
}

// scanStruct scans the current row into the struct at object. REQUIRES: p is of the struct's type and holds; fields that p doesn't convert are zero.
func (r *Rows) scanStruct(p *structPlan, object unsafe.Pointer) error {
	s := &r.scan
	values := r.at.Walk()
	for i := range p.fields {
		f := &p.fields[i]
		value, to := values.Next(), unsafe.Add(object, f.offset)
		if f.conversion != byPlan && value != nil && s.convert(f.conversion, value, to) {
			continue
		}
		if len(s.columns) != len(p.fields) {
			s.begin()
		}
		target := reflect.NewAt(f.field, to).Interface()
		if s.columns[i].target != f.kind {
			s.aim(i, target, f.conversion)
		}
		if err := s.scanByPlan(i, value, target); err != nil {
			r.misread(err)
			return err
		}
	}
	r.at.Walked(values)
	return nil
}
