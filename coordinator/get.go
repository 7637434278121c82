package coordinator

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Get returns the row of a primary key as a T, a mapped struct, from the shards that the identity chooser names, or the
// one that a pin or [WithToken] does. Without such a row the error is pgx.ErrNoRows; a key that is found on
// several shards is [messages.ErrAmbiguousKey] and names them: each is an identity of its own, so say which by token.
func Get[T any](ctx context.Context, t *Troupe, key ...any) (T, error) {
	var zero T
	m, err := mapping.Of(reflect.TypeFor[T]())
	if err != nil {
		return zero, err
	}
	object, _, err := find[T](ctx, t, m, key, messages.Options{})
	return object, err
}

// GetOne is [Get], and returns the row's key beside it: for structs without [Identity], too.
func GetOne[T any](ctx context.Context, t *Troupe, key ...any) (T, messages.Key, error) {
	var zero T
	m, err := mapping.Of(reflect.TypeFor[T]())
	if err != nil {
		return zero, messages.Key{}, err
	}
	object, shard, err := find[T](ctx, t, m, key, messages.Options{})
	if err != nil {
		return zero, messages.Key{}, err
	}
	found, err := keyIn(m, reflect.ValueOf(&object).Elem(), shard)
	if err != nil {
		return zero, messages.Key{}, err
	}
	return object, found, nil
}

// find returns the only row of a primary key, and the shard that it is on.
func find[T any](ctx context.Context, t *Troupe, m *mapping.Struct, key []any, o messages.Options) (object T, shard messages.ShardID, err error) {
	var zero T
	rows, err := t.run(ctx, &messages.Get{Table: m.Table, Columns: m.Names(), KeyColumns: m.KeyNames(), Key: key, Options: o})
	if err != nil {
		return zero, "", err
	}
	var found []messages.ShardID
	for v, err := range eachOf[T](rows, m) {
		if err != nil {
			return zero, "", err
		}
		object = v
		found = append(found, rows.Shard())
	}
	switch len(found) {
	case 0:
		return zero, "", pgx.ErrNoRows
	case 1:
		return object, found[0], nil
	default:
		return zero, "", &messages.Error{Code: messages.ErrAmbiguousKey, Op: "get", Detail: fmt.Sprintf("%s %v is on shards %v", m.Table, key, found)}
	}
}

// Related returns the rows of T's table whose column equals value and that belong to parent, a pointer to a mapped struct
// that was read or written, or a [messages.Key]. They are looked for where the identity chooser says, which is told of parent; a pin
// reaches here unless it is LeadOnly.
func Related[T any](ctx context.Context, t *Troupe, parent any, column string, value any) ([]T, error) {
	m, err := mapping.Of(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	if m.Position(column) < 0 {
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "related", Detail: fmt.Sprintf("table %s has no mapped column %q", m.Table, column)}
	}
	if parent == nil {
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "related", Detail: "the parent is nil"}
	}
	rows, err := t.run(ctx, &messages.Get{
		Table: m.Table, Columns: m.Names(), KeyColumns: []string{column}, Key: []any{value},
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
	fmt.Fprintf(&b, "SELECT %s FROM %s WHERE ", mapping.QuoteAll(g.Columns), mapping.QuoteTable(g.Table))
	for i, column := range g.KeyColumns {
		if i > 0 {
			b.WriteString(" AND ")
		}
		fmt.Fprintf(&b, "%s = $%d", mapping.Quote(column), i+1)
	}
	return b.String(), nil
}
