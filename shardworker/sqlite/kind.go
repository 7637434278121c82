package sqlite

import (
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// kind is how a value is passed on.
type kind uint8

// null fits every column. The others are PostgreSQL's types.
const (
	null kind = iota
	int8Kind
	float8Kind
	textKind
	byteaKind
	boolKind
	dateKind
	timestampKind
	timestamptzKind
	uuidKind
	jsonKind
	// unknownKind is a column whose type nothing declares, before a row has shown a value.
	unknownKind
)

// wire is how PostgreSQL names each kind, and the size that it gives it.
var wire = [...]struct {
	oid  uint32
	size int16
}{
	null:            {pgtype.TextOID, -1},
	int8Kind:        {pgtype.Int8OID, 8},
	float8Kind:      {pgtype.Float8OID, 8},
	textKind:        {pgtype.TextOID, -1},
	byteaKind:       {pgtype.ByteaOID, -1},
	boolKind:        {pgtype.BoolOID, 1},
	dateKind:        {pgtype.DateOID, 4},
	timestampKind:   {pgtype.TimestampOID, 8},
	timestamptzKind: {pgtype.TimestamptzOID, 8},
	uuidKind:        {pgtype.UUIDOID, 16},
	jsonKind:        {pgtype.JSONOID, -1},
	unknownKind:     {pgtype.UnknownOID, -1},
}

// field describes a column of kind k, in binary form.
func (k kind) field(name string) pgconn.FieldDescription {
	return pgconn.FieldDescription{
		Name: name, DataTypeOID: wire[k].oid, DataTypeSize: wire[k].size, TypeModifier: -1, Format: pgtype.BinaryFormatCode,
	}
}

func sameKinds(a, b []kind) bool {
	if len(a) != len(b) {
		return false
	}
	for i, k := range a {
		if k != b[i] {
			return false
		}
	}
	return true
}

// declared is what a column's declared type means: the kind that an empty column is described as, and how values are read.
type declared struct {
	empty kind
	// reads is what an INTEGER or a TEXT may be read as, if it can be: bool, float8, a time, uuid or json. Else null.
	reads kind
	// unknown says that there is no declared type: the column is an expression, or was made without one.
	unknown bool
}

// column returns the kind that the column is declared to be.
func (d declared) column() kind {
	if d.unknown {
		return unknownKind
	}
	return d.empty
}

// declaredAs reads a declared type by SQLite's own rules for affinity, after the names that mean something here.
func declaredAs(decltype string) declared {
	name := strings.ToUpper(decltype)
	base, _, _ := strings.Cut(name, "(")
	switch base = strings.TrimSpace(base); {
	case name == "":
		return declared{empty: textKind, unknown: true}
	case base == "BOOL" || base == "BOOLEAN":
		return declared{empty: boolKind, reads: boolKind}
	case base == "DATE":
		return declared{empty: dateKind, reads: dateKind}
	case base == "TIMESTAMPTZ" || strings.HasPrefix(base, "TIMESTAMP") && strings.Contains(name, "WITH TIME ZONE"):
		return declared{empty: timestamptzKind, reads: timestamptzKind}
	case base == "DATETIME" || strings.HasPrefix(base, "TIMESTAMP"):
		return declared{empty: timestampKind, reads: timestampKind}
	case base == "UUID":
		return declared{empty: uuidKind, reads: uuidKind}
	case base == "JSON" || base == "JSONB":
		return declared{empty: jsonKind, reads: jsonKind}
	}
	return declaredAffinity(name)
}

// declaredAffinity follows "Determination Of Column Affinity" in SQLite's documentation.
func declaredAffinity(name string) declared {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(name, part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return declared{empty: int8Kind}
	case has("CHAR", "CLOB", "TEXT"):
		return declared{empty: textKind}
	case has("BLOB"):
		return declared{empty: byteaKind}
	case has("REAL", "FLOA", "DOUB"):
		return declared{empty: float8Kind}
	case has("NUMERIC", "DECIMAL"):
		return declared{empty: float8Kind, reads: float8Kind}
	default:
		return declared{empty: textKind} // ENUM, INET and the like: texts as a rule, though their affinity is NUMERIC
	}
}
