package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// rows is the part of pgx.Rows that is used.
type rows interface {
	Close()
	Err() error
	CommandTag() pgconn.CommandTag
	FieldDescriptions() []pgconn.FieldDescription
	Next() bool
	RawValues() [][]byte
}

// directRows are the rows of a statement that was run without pgx's Query, which does the same with more around it. A conn has one.
type directRows struct {
	statement *prepared
	reader    *pgconn.ResultReader
	tag       pgconn.CommandTag
	err       error
	closed    bool
}

// query sends sql as pgx's Query does. An error means that it didn't come to sending it.
func (r *directRows) query(ctx context.Context, s *session, pc *pgx.Conn, sql string, args []any) error {
	st := &s.plans
	if len(st.dropped) > 0 && st.find(sql) == nil {
		if err := st.sweep(ctx, pc); err != nil {
			return err
		}
	}
	p, err := st.get(ctx, pc, sql)
	if err != nil {
		return err
	}
	if err := st.encode(pc, p, args); err != nil {
		return err
	}
	reader := pc.PgConn().ExecStatement(ctx, p.sd, st.build.ParamValues, st.build.ParamFormats, p.formats)
	st.sent()
	*r = directRows{statement: p, reader: reader}
	return nil
}

func (r *directRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.tag, r.err = r.reader.Close()
	if r.err != nil && outdated(r.err) {
		r.statement.plans.forget(r.statement)
	}
}

func (r *directRows) Err() error { return r.err }

func (r *directRows) CommandTag() pgconn.CommandTag { return r.tag }

func (r *directRows) FieldDescriptions() []pgconn.FieldDescription {
	return r.reader.FieldDescriptions()
}

func (r *directRows) Next() bool {
	if r.closed {
		return false
	}
	if r.reader.NextRow() {
		return true
	}
	r.Close()
	return false
}

func (r *directRows) RawValues() [][]byte { return r.reader.Values() }

// argumentCount is pgx's error of a wrong number of arguments.
func argumentCount(expected, got int) error {
	return fmt.Errorf("expected %d arguments, got %d", expected, got)
}
