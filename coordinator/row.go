package coordinator

import (
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// row is the pgx.Row over rows of one shard.
type row struct{ rows *Rows }

// Scan reads the first row and closes the rows; others are ignored, as pgx does.
func (r row) Scan(dest ...any) error {
	defer r.rows.Close()
	for _, d := range dest {
		if _, ok := d.(*pgtype.DriverBytes); ok {
			return fmt.Errorf("cannot scan into *pgtype.DriverBytes from QueryRow")
		}
	}
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Next() // the end of a single row's statement is waited for: to cancel it might undo what it did
	r.rows.Close()
	return r.rows.Err()
}

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }
