package sqldb

import (
	"database/sql/driver"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

var _ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)

// rows are a shard's rows, for one reader.
type rows struct {
	pgx.Rows
	columns []string
}

func newRows(found pgx.Rows) *rows {
	r := &rows{Rows: found}
	for _, f := range found.FieldDescriptions() {
		r.columns = append(r.columns, f.Name)
	}
	return r
}

// Columns returns the names of the columns.
func (r *rows) Columns() []string { return r.columns }

// ColumnTypeDatabaseTypeName returns the name of PostgreSQL's type of a column; empty for one that isn't built in.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	if t, ok := r.TypeMap().TypeForOID(r.FieldDescriptions()[i].DataTypeOID); ok {
		return t.Name
	}
	return ""
}

// Close ends the reading. What the rows of a statement that writes had to say by then is its error.
func (r *rows) Close() error {
	r.Rows.Close()
	return r.Err()
}

// Next reads the next row into dest.
func (r *rows) Next(dest []driver.Value) error {
	if !r.Rows.Next() {
		if err := r.Err(); err != nil {
			return err
		}
		return io.EOF
	}
	found, err := r.Values()
	if err != nil {
		return err
	}
	for i, raw := range r.RawValues() {
		if dest[i], err = r.value(i, raw, found[i]); err != nil {
			return err
		}
	}
	return nil
}

// value returns v, which pgx has decoded from raw, as one of the few types that a driver.Value may have: as it is, or else as a text that
// PostgreSQL would read as the same value.
func (r *rows) value(i int, raw []byte, v any) (driver.Value, error) {
	field := r.FieldDescriptions()[i]
	switch {
	case raw == nil:
		return nil, nil
	case field.DataTypeOID == pgtype.JSONBOID && field.Format == pgtype.BinaryFormatCode:
		return string(raw[1:]), nil // the first byte is its version
	case field.DataTypeOID == pgtype.JSONOID || field.DataTypeOID == pgtype.JSONBOID:
		return string(raw), nil
	}
	switch v := v.(type) {
	case int64, float64, bool, []byte, string, time.Time:
		return v, nil
	case int32:
		return int64(v), nil
	case int16:
		return int64(v), nil
	case float32:
		return float64(v), nil
	}
	text, err := r.TypeMap().Encode(field.DataTypeOID, pgtype.TextFormatCode, v, nil)
	if err != nil {
		return nil, &messages.Error{
			Code: messages.ErrInvalidRequest, Shard: coordinator.ShardOf(r.Rows), Op: "database/sql", Err: err,
			Detail: "column " + field.Name + " has no form in database/sql: cast it to text",
		}
	}
	return string(text), nil
}
