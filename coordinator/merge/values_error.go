package merge

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

const opMerge = "merge"

func refused(format string, args ...any) *messages.Error {
	return &messages.Error{Code: messages.ErrRefused, Op: opMerge, Detail: fmt.Sprintf(format, args...)}
}

// malformed is the error of bytes that don't have the form of their type.
func malformed(column, what string) *messages.Error {
	return &messages.Error{Code: messages.ErrProtocol, Op: opMerge, Detail: fmt.Sprintf("column %q has a value that is no %s", column, what)}
}

// unread is the error of a text form that appendParsed doesn't read.
func unread(f *pgconn.FieldDescription) *messages.Error {
	return refused("column %q has a %s in a text form that isn't read here: ask for binary values, or for the default DateStyle, IntervalStyle and bytea_output", f.Name, typeNameOf(f))
}

// hintCollate is what to do about a text under a collation that isn't known here.
const hintCollate = `write COLLATE "C", or ask one shard`

var collationNames = [...]string{
	CollationUnknown: "a collation that wasn't looked up", Bytewise: "bytewise", NoCase: "NOCASE", TrimRight: "RTRIM",
	Locale: "a locale's collation", Fuzzy: "a nondeterministic collation", Labels: "labels",
}

// String says how texts compare, for a person.
func (c Collation) String() string {
	if int(c) < len(collationNames) {
		return collationNames[c]
	}
	return "unknown collation"
}

// typeNameOf names the type of a field for a person.
func typeNameOf(f *pgconn.FieldDescription) string {
	if t, ok := pgtype.NewMap().TypeForOID(f.DataTypeOID); ok {
		return t.Name
	}
	return fmt.Sprintf("with OID %d", f.DataTypeOID)
}
