package coordinator

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// Add inserts objects, pointers to mapped structs, one after another, each on the shard that a pin names, or else the
// shard chooser, or else the declared table's route. Columns with the tag option auto are left to the database and read back; a struct with [Identity] learns
// its key. It stops at the first error: objects before it are written.
func (t *Troupe) Add(ctx context.Context, objects ...any) error {
	for i, object := range objects {
		if err := t.add(ctx, object); err != nil {
			return fmt.Errorf("object %d of %d: %w", i+1, len(objects), err)
		}
	}
	return nil
}

func (t *Troupe) add(ctx context.Context, object any) error {
	v := reflect.ValueOf(object)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return &messages.Error{Code: messages.ErrInvalidRequest, Op: "add", Detail: fmt.Sprintf("a %T is no pointer to a mapped struct", object)}
	}
	m, err := mappingFor(v.Type().Elem())
	if err != nil {
		return err
	}
	if err := m.checkKey(object); err != nil {
		return err
	}
	shard, err := t.shardFor(ctx, object)
	if err != nil {
		return err
	}
	sql, args, assigned := m.insert(v.Elem())
	var options messages.Options
	if shard != "" {
		options.Shards = []messages.ShardID{shard}
	}
	if len(assigned) == 0 {
		rows, err := t.run(ctx, &messages.Exec{SQL: sql, Args: args, Options: options})
		if err != nil {
			return err
		}
		return m.identify(object, rows.Shards()[0])
	}
	rows, err := t.run(ctx, &messages.Query{SQL: sql, Args: args, Options: options})
	if err != nil {
		return err
	}
	if err := (row{rows}).Scan(assigned...); err != nil {
		return err
	}
	return m.identify(object, rows.Shards()[0])
}

// shardFor returns the shard that object is written to: the pin's only one, the only one there is, or the chooser's; empty if the
// statement is routed by the declared tables.
func (t *Troupe) shardFor(ctx context.Context, object any) (messages.ShardID, error) {
	p := pinOf(ctx)
	switch {
	case p.nowhere:
		return "", errNowhere
	case p.all, len(p.shards) > 1:
		return "", &messages.Error{Code: messages.ErrInvalidRequest, Op: "add", Detail: "an object lives on one shard, and the pin names several"}
	case len(p.shards) == 1:
		return t.known(p.shards[0], "pin")
	case len(t.cfg.Shards) == 1:
		return t.cfg.Shards[0].ID, nil
	case t.cfg.ShardChooser == nil && len(t.cfg.Tables) > 0:
		return "", nil
	case t.cfg.ShardChooser == nil:
		return "", &messages.Error{Code: messages.ErrNoRoute, Op: "add", Detail: "there is no pin, no declared table and no shard chooser"}
	}
	shard, err := t.chooseShard(ctx, object)
	if err != nil {
		return "", err
	}
	return t.known(shard, "shard chooser")
}

func (t *Troupe) known(shard messages.ShardID, by string) (messages.ShardID, error) {
	if _, ok := t.index[shard]; !ok {
		return "", &messages.Error{Code: messages.ErrUnknownShard, Shard: shard, Op: "route", Detail: fmt.Sprintf("the %s names it", by)}
	}
	return shard, nil
}

// insert returns the statement that inserts object, and where what the database assigns is to be scanned.
func (m *mapping) insert(object reflect.Value) (sql string, args, assigned []any) {
	var names, returned, values []string
	for _, c := range m.columns {
		field := object.FieldByIndex(c.index)
		if c.assigned {
			returned = append(returned, c.name)
			assigned = append(assigned, field.Addr().Interface())
			continue
		}
		names = append(names, c.name)
		args = append(args, field.Interface())
		values = append(values, fmt.Sprintf("$%d", len(args)))
	}
	sql = fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", quoteTable(m.table), quoteAll(names), strings.Join(values, ", "))
	if len(names) == 0 {
		sql = fmt.Sprintf("INSERT INTO %s DEFAULT VALUES", quoteTable(m.table))
	}
	if len(returned) > 0 {
		sql += " RETURNING " + quoteAll(returned)
	}
	return sql, args, assigned
}
