package merge

import (
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// identities encodes values of rows so that equal ones have equal encodings.
type identities struct {
	dialect   messages.Dialect
	collation Collation
	kinds     []valueKind // so far, by place: on PostgreSQL they have to stay
}

// append appends the encoding of column i of the row at.
func (e *identities) append(dst []byte, at *Position, i int, c Collation) ([]byte, error) {
	return appendIdentity(dst, e.dialect, &at.Batch().Description.Fields[i], c, at.Value(i))
}

func (e *identities) appendKeys(dst []byte, at *Position, keys []distinctKey) ([]byte, error) {
	for i := range keys {
		var err error
		if dst, err = e.append(dst, at, keys[i].column, keys[i].collation); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// admit checks that the values of a field can be told from those of the same place so far by their encodings. On PostgreSQL
// different types meet if shards differ in engine or schema; only integers, or floats, of different widths have one
// encoding then.
func (e *identities) admit(place int, f *pgconn.FieldDescription) error {
	if e.dialect == messages.SQLite {
		return nil
	}
	k := kindOf(e.dialect, f)
	if k == float4Value {
		k = float8Value
	}
	for place >= len(e.kinds) {
		e.kinds = append(e.kinds, k)
	}
	if e.kinds[place] != k {
		return refused("column %q has type %s, and another type on another shard: rows with both can't be told apart", f.Name, typeNameOf(f))
	}
	return nil
}
