package coordinator

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Add inserts objects, pointers to mapped structs, one after another, each on the shard that a pin names, or else the
// shard chooser, or else the declared table's route. Columns with the tag option auto are left to the database and read back; a struct with [Identity] learns
// its key. It stops at the first error: objects before it are written.
func (t *Troupe) Add(ctx context.Context, objects ...any) error {
	for i, object := range objects {
		if _, err := t.add(ctx, object); err != nil {
			return fmt.Errorf("object %d of %d: %w", i+1, len(objects), err)
		}
	}
	return nil
}

// AddOne is [Troupe.Add] for one object, and returns its key: for structs without [Identity], too.
func (t *Troupe) AddOne(ctx context.Context, object any) (messages.Key, error) {
	m, v, err := mapping.OfObject(object)
	if err == nil {
		err = m.CheckKey(v)
	}
	if err != nil {
		return messages.Key{}, err
	}
	shard, err := t.add(ctx, object)
	if err != nil {
		return messages.Key{}, err
	}
	return keyIn(m, v, shard)
}

// add inserts object and returns the shard that it is on.
func (t *Troupe) add(ctx context.Context, object any) (messages.ShardID, error) {
	m, v, err := mapping.OfObject(object)
	if err != nil {
		return "", err
	}
	if mapping.HasIdentity(m.Type) {
		if err := m.CheckKey(v); err != nil {
			return "", err
		}
	}
	shard, err := t.ShardFor(ctx, object)
	if err != nil {
		return "", err
	}
	sql, args, assigned := insert(m, v)
	options := messages.Options{Shards: []messages.ShardID{shard}}
	if len(assigned) == 0 {
		if _, err := t.run(ctx, &messages.Exec{SQL: sql, Args: args, Options: options}); err != nil {
			return "", err
		}
		return shard, m.Identify(object, shard)
	}
	rows, err := t.run(ctx, &messages.Query{SQL: sql, Args: args, Options: options})
	if err != nil {
		return "", err
	}
	if err := (&row{rows}).Scan(assigned...); err != nil {
		return "", err
	}
	return shard, m.Identify(object, shard)
}

// insert returns the statement that inserts object, and where what the database assigns is to be scanned.
func insert(m *mapping.Struct, object reflect.Value) (sql string, args, assigned []any) {
	var names, returned, values []string
	for _, c := range m.Columns {
		field := object.FieldByIndex(c.Index)
		if c.Auto {
			returned = append(returned, c.Name)
			assigned = append(assigned, field.Addr().Interface())
			continue
		}
		names = append(names, c.Name)
		args = append(args, field.Interface())
		values = append(values, fmt.Sprintf("$%d", len(args)))
	}
	sql = fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", mapping.QuoteTable(m.Table), mapping.QuoteAll(names), strings.Join(values, ", "))
	if len(names) == 0 {
		sql = fmt.Sprintf("INSERT INTO %s DEFAULT VALUES", mapping.QuoteTable(m.Table))
	}
	if len(returned) > 0 {
		sql += " RETURNING " + mapping.QuoteAll(returned)
	}
	return sql, args, assigned
}
