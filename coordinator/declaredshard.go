package coordinator

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

// DeclaredShard returns where the declaration of object's table says that a row with its key columns lives, whatever pins and choosers
// say; false if the table isn't declared. Object is a pointer to a mapped struct. The errors are those of [Troupe.ShardFor].
func (t *Troupe) DeclaredShard(ctx context.Context, object any) (shard messages.ShardID, declared bool, err error) {
	m, v, err := mapping.OfObject(object)
	if err != nil {
		return "", false, err
	}
	table := t.declaration(m.Table)
	switch {
	case table == nil:
		return "", false, nil
	case table.Reference:
		return "", true, &messages.Error{
			Code: messages.ErrRefused, Op: "add",
			Detail: fmt.Sprintf("every shard has all rows of the reference table %s: use Exec with AllShards to change it on every shard", m.Table),
		}
	}
	key, err := t.declaredKey(table, m, v)
	if err != nil {
		return "", true, err
	}
	shard, err = t.routeOf(ctx, table, key)
	if err != nil {
		var e *messages.Error
		if errors.As(err, &e) {
			err = &messages.Error{Code: e.Code, Shard: e.Shard, Op: "route", Detail: "the row of table " + m.Table, Err: err}
		}
		return "", true, err
	}
	return shard, true, nil
}

// IsReference reports whether a table is declared as one that every shard has all rows of.
func (t *Troupe) IsReference(table string) bool {
	declared := t.declaration(table)
	return declared != nil && declared.Reference
}

// declaredKey returns the key that v, a struct of m's type, has in a declared table, in canonical form.
func (t *Troupe) declaredKey(table *statement.Table, m *mapping.Struct, v reflect.Value) ([]any, error) {
	key := make([]any, len(table.Keys))
	names := make([]string, len(m.Columns))
	for i := range m.Columns {
		names[i] = m.Columns[i].Name
	}
	for i, column := range table.Keys {
		position, problem := t.columnOf(names, column.Name)
		if problem != "" {
			problem += " among the mapped columns"
		} else {
			canonical, ok := keyset.Canonical(column.Type, m.Field(v, position).Interface())
			key[i] = canonical
			switch {
			case m.Columns[position].Auto:
				problem = "is given by the database, which has to be known before"
			case !ok:
				problem = fmt.Sprintf("is a %v, and its value is none of the declared type for certain", m.Columns[position].Type)
			case canonical == nil:
				problem = "is NULL"
			}
		}
		if problem != "" {
			return nil, &messages.Error{
				Code: messages.ErrInvalidRequest, Op: "route",
				Detail: fmt.Sprintf("the shard of a %v is computed from column %s.%s, which %s", m.Type, m.Table, column.Name, problem),
			}
		}
	}
	return key, nil
}

// routeOf asks a table's route.
func (t *Troupe) routeOf(ctx context.Context, table *statement.Table, key []any) (messages.ShardID, error) {
	ask := func(ctx context.Context) (messages.ShardID, error) {
		n, err := t.catalogue.routerFor(ctx, table).shard(key)
		if err != nil {
			return "", err
		}
		return t.cfg.Shards[n].ID, nil
	}
	if t.catalogue.pure {
		return ask(ctx)
	}
	return t.askAside(aside(ctx), "route", ask)
}
