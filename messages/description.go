package messages

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// Description describes the columns of rows as their own shard sees them: the OIDs of enums and composites differ from
// cluster to cluster. It is immutable and may be kept.
type Description struct {
	// Fields are the columns. Format says how their bytes are encoded.
	Fields []pgconn.FieldDescription
	// Types are the types of Fields that the shard's connection has registered beyond, or other than, pgx's own.
	Types []*pgtype.Type
	// ScanPlans are the connection's additional scan plans, if it has any: see pgtype.Map.TryWrapScanPlanFuncs.
	ScanPlans []pgtype.TryWrapScanPlanFunc

	// sources has, for each column whose type Merge took from another description, that description: the OIDs of types
	// that were made in a database mean something only together with its Types. Nil if there is none.
	sources []*Description
}

// SameFields reports whether fields describes the same columns in the same encoding as d.
func (d *Description) SameFields(fields []pgconn.FieldDescription) bool {
	return slices.Equal(d.Fields, fields)
}

// undetermined is the type of a column whose type nothing says: SQLite's expressions, before a row gave them a value.
const undetermined = pgtype.UnknownOID

// firstUserOID is the smallest OID that PostgreSQL gives to a type that was made in a database.
const firstUserOID = 16384

// Difference says how other differs from d in the count, names or types of the columns: "" if it doesn't. Types that were
// made in a database have another OID in each, so two of them count as equal unless both names are registered and differ. A
// type that isn't known equals every other, so that of three descriptions two may differ though neither does from the
// third: see Merge.
func (d *Description) Difference(other *Description) string {
	if d == other {
		return ""
	}
	if len(d.Fields) != len(other.Fields) {
		return fmt.Sprintf("%d columns %s, and %d columns %s", len(d.Fields), d.names(), len(other.Fields), other.names())
	}
	for i := range d.Fields {
		if d.Fields[i].Name != other.Fields[i].Name {
			return fmt.Sprintf("columns %s, and columns %s", d.names(), other.names())
		}
		if !sameType(d, other, i) {
			return fmt.Sprintf("column %q has type %s, and type %s", d.Fields[i].Name, d.typeName(i), other.typeName(i))
		}
	}
	return ""
}

// Merge returns what d and other say together, and how they differ, as Difference says it. The result is d, except that a
// column whose type d doesn't know has the type that other knows; it is d itself if there is no such column, or if
// they differ. It is there to compare more descriptions with, not to decode rows.
func (d *Description) Merge(other *Description) (*Description, string) {
	if difference := d.Difference(other); difference != "" || d == other {
		return d, difference
	}
	var merged *Description
	for i := range d.Fields {
		if d.knows(i) >= other.knows(i) {
			continue
		}
		if merged == nil {
			merged = &Description{
				Fields: slices.Clone(d.Fields), Types: d.Types, ScanPlans: d.ScanPlans, sources: make([]*Description, len(d.Fields)),
			}
			copy(merged.sources, d.sources)
		}
		merged.Fields[i], merged.sources[i] = other.Fields[i], other.source(i)
	}
	if merged == nil {
		return d, ""
	}
	return merged, ""
}

// source returns the description that has the type of column i.
func (d *Description) source(i int) *Description {
	if d.sources != nil && d.sources[i] != nil {
		return d.sources[i]
	}
	return d
}

// knows returns how much d knows of the type of column i: nothing, that it was made in a database, or which it is.
func (d *Description) knows(i int) int {
	switch oid := d.Fields[i].DataTypeOID; {
	case oid == undetermined:
		return 0
	case oid >= firstUserOID && d.source(i).registered(oid) == nil:
		return 1
	default:
		return 2
	}
}

func sameType(d, other *Description, i int) bool {
	a, b := d.Fields[i].DataTypeOID, other.Fields[i].DataTypeOID
	if a == undetermined || b == undetermined {
		return true
	}
	if a < firstUserOID || b < firstUserOID {
		return a == b
	}
	at, bt := d.source(i).registered(a), other.source(i).registered(b)
	return at == nil || bt == nil || at.Name == bt.Name
}

func (d *Description) registered(oid uint32) *pgtype.Type {
	for _, t := range d.Types {
		if t.OID == oid {
			return t
		}
	}
	return nil
}

var builtinTypes = pgtype.NewMap()

func (d *Description) typeName(i int) string {
	oid := d.Fields[i].DataTypeOID
	if t := d.source(i).registered(oid); t != nil {
		return t.Name
	}
	if t, ok := builtinTypes.TypeForOID(oid); ok {
		return t.Name
	}
	return fmt.Sprintf("with OID %d", oid)
}

func (d *Description) names() string {
	names := make([]string, len(d.Fields))
	for i := range d.Fields {
		names[i] = d.Fields[i].Name
	}
	return "(" + strings.Join(names, ", ") + ")"
}
