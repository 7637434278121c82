package postgres

import (
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// userTypes returns the types of fields that m knows other than, or better than, pgx does by itself, and before each the
// types that it is made of: pgx looks those up by their OIDs.
func userTypes(m *pgtype.Map, fields []pgconn.FieldDescription) []*pgtype.Type {
	var export typeExport
	for i := range fields {
		if t, ok := m.TypeForOID(fields[i].DataTypeOID); ok {
			export.add(t)
		}
	}
	return export.types
}

// typeExport collects types that readers on any goroutine may use while the connection goes on.
type typeExport struct {
	types []*pgtype.Type
	done  map[uint32]*pgtype.Type
}

// add returns the type to use instead of t.
func (e *typeExport) add(t *pgtype.Type) *pgtype.Type {
	if own, ok := pristine.TypeForOID(t.OID); ok && own == t {
		return t
	}
	if shared, ok := e.done[t.OID]; ok {
		return shared
	}
	shared := t
	if codec := e.codec(t.Codec); codec != t.Codec {
		shared = &pgtype.Type{Codec: codec, Name: t.Name, OID: t.OID}
	}
	if e.done == nil {
		e.done = make(map[uint32]*pgtype.Type)
	}
	e.done[t.OID] = shared
	e.types = append(e.types, shared)
	return shared
}

// codec returns c, or its like that is safe for concurrent use. pgx's codec for enums keeps the strings that it has seen
// in a map without a lock; the one for text does the same work without the map.
func (e *typeExport) codec(c pgtype.Codec) pgtype.Codec {
	switch c := c.(type) {
	case *pgtype.EnumCodec:
		return pgtype.TextCodec{}
	case *pgtype.ArrayCodec:
		if element := e.add(c.ElementType); element != c.ElementType {
			return &pgtype.ArrayCodec{ElementType: element, Delimiter: c.Delimiter}
		}
	case *pgtype.RangeCodec:
		if element := e.add(c.ElementType); element != c.ElementType {
			return &pgtype.RangeCodec{ElementType: element}
		}
	case *pgtype.MultirangeCodec:
		if element := e.add(c.ElementType); element != c.ElementType {
			return &pgtype.MultirangeCodec{ElementType: element}
		}
	case *pgtype.CompositeCodec:
		return e.composite(c)
	case *pgtype.TextFormatOnlyCodec:
		if inner := e.codec(c.Codec); inner != c.Codec {
			return &pgtype.TextFormatOnlyCodec{Codec: inner}
		}
	}
	return c
}

func (e *typeExport) composite(c *pgtype.CompositeCodec) pgtype.Codec {
	fields := make([]pgtype.CompositeCodecField, len(c.Fields))
	changed := false
	for i, f := range c.Fields {
		fields[i] = pgtype.CompositeCodecField{Name: f.Name, Type: e.add(f.Type)}
		changed = changed || fields[i].Type != f.Type
	}
	if !changed {
		return c
	}
	return &pgtype.CompositeCodec{Fields: fields}
}
