package coordinator

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
)

// Get returns the row of a primary key as a T, a mapped struct, from the shards that the identity chooser names, or the
// one that a pin or [WithToken] does. Without such a row the error is pgx.ErrNoRows; a key that is found on
// several shards is [messages.ErrAmbiguousKey] and names them: each is an identity of its own, so say which by token.
func Get[T any](ctx context.Context, t *Troupe, key ...any) (T, error) {
	var object T
	m, err := mappingFor(reflect.TypeFor[T]())
	if err != nil {
		return object, err
	}
	rows, err := t.run(ctx, &messages.Get{Table: m.table, Columns: m.names(), KeyColumns: m.keyColumns(), Key: key})
	if err != nil {
		return object, err
	}
	var found []messages.ShardID
	for v, err := range eachOf[T](rows, m) {
		if err != nil {
			return v, err
		}
		object = v
		found = append(found, rows.Shard())
	}
	switch len(found) {
	case 0:
		return object, pgx.ErrNoRows
	case 1:
		return object, nil
	default:
		var zero T
		return zero, &messages.Error{Code: messages.ErrAmbiguousKey, Op: "get", Detail: fmt.Sprintf("%s %v is on shards %v", m.table, key, found)}
	}
}

// Related returns the rows of T's table whose column equals value and that belong to parent, a pointer to a mapped struct
// that was read or written. They are looked for where the identity chooser says, which is told of parent; a pin
// reaches here unless it is LeadOnly.
func Related[T any](ctx context.Context, t *Troupe, parent any, column string, value any) ([]T, error) {
	m, err := mappingFor(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	if m.column(column) == nil {
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "related", Detail: fmt.Sprintf("table %s has no mapped column %q", m.table, column)}
	}
	if parent == nil {
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "related", Detail: "the parent is nil"}
	}
	rows, err := t.run(ctx, &messages.Get{
		Table: m.table, Columns: m.names(), KeyColumns: []string{column}, Key: []any{value},
		Options: messages.Options{LoadedFrom: parent},
	})
	if err != nil {
		return nil, err
	}
	var related []T
	for v, err := range eachOf[T](rows, m) {
		if err != nil {
			return nil, err
		}
		related = append(related, v)
	}
	return related, nil
}

// getSQL returns the statement of a Get. It is plain enough for every dialect and for any number of shards.
func getSQL(g *messages.Get) (string, error) {
	if len(g.Key) != len(g.KeyColumns) || len(g.Key) == 0 {
		return "", &messages.Error{
			Code: messages.ErrInvalidRequest, Op: "get",
			Detail: fmt.Sprintf("table %s: %d key values for the key columns %v", g.Table, len(g.Key), g.KeyColumns),
		}
	}
	if g.Table == "" || len(g.Columns) == 0 {
		return "", &messages.Error{Code: messages.ErrInvalidRequest, Op: "get", Detail: "no table, or no columns"}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT %s FROM %s WHERE ", quoteAll(g.Columns), quoteTable(g.Table))
	for i, column := range g.KeyColumns {
		if i > 0 {
			b.WriteString(" AND ")
		}
		fmt.Fprintf(&b, "%s = $%d", quote(column), i+1)
	}
	return b.String(), nil
}
