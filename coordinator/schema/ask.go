package schema

import (
	"context"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// readCatalogue asks a shard's database over a connection of its backend, so that no translation of names comes between.
func readCatalogue(ctx context.Context, t *coordinator.Troupe, shard messages.ShardID) (*catalogue, error) {
	backend, err := t.Shard(shard)
	if err != nil {
		return nil, err
	}
	names, err := t.Names(shard)
	if err != nil {
		return nil, err
	}
	conn, err := backend.Acquire(ctx, backend.Lane("select", true))
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	c := &catalogue{shard: shard, dialect: backend.Dialect(), tables: map[string]*table{}}
	r := &reader{ctx: ctx, conn: conn, names: names, into: c}
	if c.dialect == messages.SQLite {
		return c, r.inSnapshot("BEGIN", r.readSQLite)
	}
	return c, r.inSnapshot("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", r.readPostgreSQL)
}

// reader reads one shard's catalogue.
type reader struct {
	ctx   context.Context
	conn  shardworker.Conn
	names shardworker.Names
	into  *catalogue
}

// inSnapshot runs f in one transaction, so that what it reads is of one moment.
func (r *reader) inSnapshot(begin string, f func() error) error {
	if _, err := r.conn.Exec(r.ctx, begin, nil); err != nil {
		return err
	}
	err := f()
	if r.ctx.Err() != nil {
		return err // the connection is in a transaction, so nobody uses it again
	}
	if _, rollback := r.conn.Exec(r.ctx, "ROLLBACK", nil); err == nil {
		err = rollback
	}
	return err
}

// ask runs a query whose columns are all text, and calls f with each row. NULL is an empty text. The row is valid until f returns.
func (r *reader) ask(sql string, args []any, f func(row []string)) error {
	cursor, err := r.conn.Query(r.ctx, sql, args)
	if err != nil {
		return err
	}
	for cursor.Next() {
		d := cursor.Description()
		batch := messages.NewRowBatch(d)
		cursor.Append(batch)
		values, row := make([][]byte, len(d.Fields)), make([]string, len(d.Fields))
		batch.ReadRow(0, values)
		for i, v := range values {
			row[i] = string(v)
		}
		f(row)
	}
	_, err = cursor.Close()
	return err
}

// table returns the table that the database calls name, made if it is new; nil if it isn't one of this shard's.
func (r *reader) table(name string) *table {
	if n := len(r.names.Prefix); n > 0 {
		if len(name) <= n || r.fold(name[:n]) != r.fold(r.names.Prefix) {
			return nil
		}
		name = name[n:]
	}
	name = r.fold(name)
	t := r.into.tables[name]
	if t == nil {
		t = &table{name: name}
		r.into.tables[name] = t
	}
	return t
}

func (r *reader) fold(name string) string {
	if r.into.dialect == messages.SQLite {
		return folded(name)
	}
	return name
}
