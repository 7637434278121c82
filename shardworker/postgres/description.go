package postgres

import (
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

const (
	maxDescriptions    = 256     // of one connection
	maxDescribedLength = 4 << 10 // of a statement whose description is worth keeping
)

// descriptionCache keeps the descriptions that a connection's statements had last. It belongs to one connection, and so
// to one job at a time: a description that comes from it was handed out by an earlier job of the same connection, or is
// new.
type descriptionCache map[string]*messages.Description

// get returns the description of the columns that sql returned. pgx reuses the slice fields.
func (dc *descriptionCache) get(m *pgtype.Map, sql string, fields []pgconn.FieldDescription) *messages.Description {
	if d, ok := (*dc)[sql]; ok && d.SameFields(fields) {
		return d
	}
	d := &messages.Description{Fields: slices.Clone(fields), Types: userTypes(m, fields), ScanPlans: userScanPlans(m)}
	if len(sql) > maxDescribedLength {
		return d
	}
	if *dc == nil || len(*dc) >= maxDescriptions {
		*dc = descriptionCache{}
	}
	(*dc)[sql] = d
	return d
}

// pristine is what pgx knows of types before anybody adds to it. It is only read.
var pristine = pgtype.NewMap()

// userScanPlans returns the functions that were added to m, in m's order.
func userScanPlans(m *pgtype.Map) []pgtype.TryWrapScanPlanFunc {
	var added []pgtype.TryWrapScanPlanFunc
	for _, f := range m.TryWrapScanPlanFuncs {
		known := slices.ContainsFunc(pristine.TryWrapScanPlanFuncs, func(g pgtype.TryWrapScanPlanFunc) bool {
			return reflect.ValueOf(f).Pointer() == reflect.ValueOf(g).Pointer()
		})
		if !known {
			added = append(added, f)
		}
	}
	return added
}
