package coordinator

import (
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// row is the pgx.Row over rows of one shard.
type row struct{ rows *Rows } // nil once it was read

// Scan reads the first row and closes the rows; others are ignored, as pgx does.
func (r *row) Scan(dest ...any) error {
	rows := r.rows
	if rows == nil {
		return pgx.ErrNoRows
	}
	r.rows = nil
	if err := rows.scanFirst(dest); err != nil {
		return err
	}
	if !lends(dest) {
		rows.call.reuse()
	}
	return nil
}

// scanFirst scans the first row and closes the rows.
func (r *Rows) scanFirst(dest []any) error {
	defer r.Close()
	for _, d := range dest {
		if _, ok := d.(*pgtype.DriverBytes); ok {
			return fmt.Errorf("cannot scan into *pgtype.DriverBytes from QueryRow")
		}
	}
	if !r.Next() {
		if err := r.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.Scan(dest...); err != nil {
		return err
	}
	r.Next() // the end of a single row's statement is waited for: to cancel it might undo what it did
	r.Close()
	return r.Err()
}

// lends reports whether dest may have got hold of the rows.
func lends(dest []any) bool {
	if len(dest) != 1 {
		return false
	}
	_, whole := dest[0].(pgx.RowScanner)
	return whole
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }
