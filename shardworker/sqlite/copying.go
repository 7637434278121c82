package sqlite

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// The most that one INSERT of a copy takes. More rows gain nothing, and what is bound stays in memory until they are inserted.
const (
	copyRows  = 64
	copyBytes = 256 << 10
)

// copying is a copy that runs: the statement that takes the rows, and what is bound to it.
type copying struct {
	c       *connection
	rows    *shardworker.CopyRows
	table   pgx.Identifier
	columns []string

	insert   *statement
	room     int   // rows that insert takes
	bound    int   // rows that are bound
	first    int64 // the number of the first of them
	bytes    int   // of the texts and byte strings among them
	inserted int64
	kept     bool // the rows are committed, or will be with the transaction
}

// abandon undoes what was inserted, unless it is kept. Where SQLite has rolled back by itself, nothing is left to undo.
func (in *copying) abandon(undo string) {
	c := in.c
	if in.insert != nil {
		in.insert.reset(c)
	}
	if !in.kept && !c.autocommit() {
		if err := c.run(undo); err != nil {
			c.unsettled = true // the connection isn't used again, so that no one commits half a copy
			_ = c.run("ROLLBACK")
		}
	}
}

// insertAll inserts the rows of the source.
func (in *copying) insertAll() error {
	c := in.c
	limit := int(sqlite3.Xsqlite3_limit(c.tls, c.db, sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, -1))
	in.room = max(1, min(copyRows, limit/len(in.columns)))
	var err error
	if in.insert, err = c.prepare(opCopy, in.into()+in.values()); err != nil {
		return err
	}
	for {
		values, err := in.rows.Next()
		if err == nil && c.stopped() {
			err = &messages.Error{Code: messages.ErrCanceled, Op: opCopy, Err: c.stopCause()}
		}
		if err != nil {
			return err
		}
		if values == nil {
			return in.flush()
		}
		if err := in.bind(values); err != nil {
			return err
		}
		if in.bound == in.room || in.bytes >= copyBytes {
			if err := in.flush(); err != nil {
				return err
			}
		}
	}
}

// bind binds a row's values, which copies them.
func (in *copying) bind(values []any) error {
	c := in.c
	if in.bound == 0 {
		in.first = in.rows.Row()
	}
	for i, v := range values {
		if err := c.bindArgument(opCopy, in.insert, in.bound*len(values)+i+1, v); err != nil {
			return argumentError(opCopy, fmt.Sprintf("row %d, column %q", in.rows.Row(), in.columns[i]), err)
		}
		in.bytes += boundBytes(v)
	}
	in.bound++
	return nil
}

// flush inserts the rows that are bound.
func (in *copying) flush() error {
	if in.bound == 0 {
		return nil
	}
	insert := in.insert
	if in.bound < in.room {
		rest, err := in.insertOf(in.bound)
		if err != nil {
			return err
		}
		defer rest.finalize(in.c)
		insert = rest
	}
	c := in.c
	if rc := insert.step(c); rc != sqlite3.SQLITE_DONE {
		err := c.failed(opCopy, rc)
		if err.Detail = fmt.Sprintf("row %d", in.first); in.bound > 1 {
			err.Detail = fmt.Sprintf("one of the rows %d to %d", in.first, in.rows.Row())
		}
		return err
	}
	in.inserted += sqlite3.Xsqlite3_changes64(c.tls, c.db)
	in.insert.reset(c)
	in.bound, in.bytes = 0, 0
	return nil
}

// insertOf returns a statement that inserts the first n of the rows that are bound, and takes over their values. It takes SQLite
// twice as long for each row, so full statements aren't made this way.
func (in *copying) insertOf(n int) (*statement, error) {
	c := in.c
	s, _, err := c.compile(opCopy, in.into()+"SELECT * FROM ("+in.values()+") LIMIT "+strconv.Itoa(n))
	if err != nil {
		return nil, err
	}
	if rc := sqlite3.Xsqlite3_transfer_bindings(c.tls, in.insert.handle, s.handle); rc != sqlite3.SQLITE_OK {
		err := c.failed(opCopy, rc)
		s.finalize(c)
		return nil, err
	}
	return s, nil
}

func (in *copying) into() string {
	names := make([]string, len(in.columns))
	for i, column := range in.columns {
		names[i] = pgx.Identifier{column}.Sanitize()
	}
	return "INSERT INTO " + in.table.Sanitize() + " (" + strings.Join(names, ", ") + ") "
}

// values returns the parameters of as many rows as there is room for.
func (in *copying) values() string {
	row := "(?" + strings.Repeat(", ?", len(in.columns)-1) + ")"
	return "VALUES " + row + strings.Repeat(", "+row, in.room-1)
}

// boundBytes is about what v takes when it is bound.
func boundBytes(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []byte:
		return len(v)
	default:
		return 16
	}
}
