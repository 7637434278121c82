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
// made in a database have another OID in each, so two of them count as equal unless both names are known and differ.
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
		if a, b := d.Fields[i].DataTypeOID, other.Fields[i].DataTypeOID; !sameType(d, a, other, b) {
			return fmt.Sprintf("column %q has type %s, and type %s", d.Fields[i].Name, d.typeName(a), other.typeName(b))
		}
	}
	return ""
}

func sameType(d *Description, a uint32, other *Description, b uint32) bool {
	if a == b || a == undetermined || b == undetermined {
		return true
	}
	if a < firstUserOID || b < firstUserOID {
		return false
	}
	at, bt := d.registered(a), other.registered(b)
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

func (d *Description) typeName(oid uint32) string {
	if t := d.registered(oid); t != nil {
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
