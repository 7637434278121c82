package merge

import (
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// keyNode is a key of the group.
type keyNode struct{ index int }

func (n *keyNode) eval(at *groupAt) (datum, error) {
	g := at.groups
	return g.datumOf(&g.table.groups[at.index].from.Fields[g.keys[n.index].column], g.table.key(at.index, n.index))
}

// aggregateNode is an aggregate of the group.
type aggregateNode struct{ index int }

func (n *aggregateNode) eval(at *groupAt) (datum, error) {
	g := at.groups
	a, s := &g.aggregates[n.index], &g.states[at.index*len(g.aggregates)+n.index]
	switch {
	case a.passes() && s.kept == nil:
		return datum{}, nil
	case a.passes():
		return g.datumOf(&s.kept.from.Fields[a.Column], s.kept.bytes)
	case g.spec.Dialect == messages.SQLite:
		return a.resultSQLite(s)
	default:
		return a.resultPostgreSQL(s)
	}
}

// datumOf reads a value as its type says.
func (g *groups) datumOf(f *pgconn.FieldDescription, v []byte) (datum, error) {
	if v == nil {
		return datum{}, nil
	}
	d, ok := datum{kind: passedDatum, bytes: v}, true
	switch oid := f.DataTypeOID; {
	case isText(oid), oid >= firstUserOID && g.spec.Dialect == messages.PostgreSQL:
		d.kind = textDatum // in either form the same bytes; of an enum they are its label
	case f.Format != pgtype.BinaryFormatCode: // it is only passed or tested for NULL: see readable
	case integerSize(oid) > 0:
		d.kind = intDatum
		d.int, ok = readInt(v)
	case oid == pgtype.BoolOID:
		d.kind = boolDatum
		if g.spec.Dialect == messages.SQLite {
			d.kind = intDatum
		}
		d.int, ok = readInt(v)
	case isFloat(oid):
		d.kind = floatDatum
		d.float, ok = readFloat(v)
	case oid == pgtype.NumericOID:
		d.kind = numericDatum
		d.dec, ok = readNumeric(v)
	case oid == pgtype.ByteaOID, oid == pgtype.UUIDOID && g.spec.Dialect == messages.PostgreSQL:
		d.kind = blobDatum
	case isMoment(oid) && g.spec.Dialect == messages.PostgreSQL:
		d.kind = momentDatum
		d.int, ok = readInt(v)
	}
	if !ok {
		return datum{}, malformed(f.Name, typeName(f.DataTypeOID))
	}
	return d, nil
}
