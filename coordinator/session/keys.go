package session

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/troupedb/troupe/messages"
)

// giveKeys gives keys to new objects whose table has a source of them, and whose key is zero.
func (s *Session) giveKeys(ctx context.Context, fresh []*entry) error {
	var tables []string
	wanting := map[string][]*entry{}
	for _, e := range fresh {
		table := e.mapping.Table
		if s.cfg.IDs[table] == nil {
			continue
		}
		column := &e.mapping.Columns[e.mapping.Keys[0]]
		if len(e.mapping.Keys) > 1 || column.Auto {
			return invalid("there is a source of keys for table %s, but the key of a %v has several columns or is given by the database", table, e.mapping.Type)
		}
		if !isZeroKey(e.value.FieldByIndex(column.Index)) {
			continue
		}
		if wanting[table] == nil {
			tables = append(tables, table)
		}
		wanting[table] = append(wanting[table], e)
	}
	for _, table := range tables {
		given, err := s.nextKeys(ctx, table, len(wanting[table]))
		if err != nil {
			return err
		}
		for i, e := range wanting[table] {
			if err := e.set(e.mapping.Keys[0], given[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// nextKeys asks the source of a table's keys, which is the application's.
func (s *Session) nextKeys(ctx context.Context, table string, n int) (keys []any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &messages.Error{Code: messages.ErrPanic, Op: "ids", Detail: fmt.Sprintf("the source of keys of table %s: %s", table, messages.PanicText(p))}
		}
	}()
	keys, err = s.cfg.IDs[table].Next(s.within(ctx), table, n)
	if err == nil && (len(keys) != n || slices.Contains(keys, nil)) {
		err = invalid("the source of keys of table %s gave %d keys, or an empty one, where %d were asked for", table, len(keys), n)
	}
	return keys, err
}

// isZeroKey reports whether a key's field is an integer, UUID or text that isn't set.
func isZeroKey(field reflect.Value) bool {
	if field.Kind() == reflect.Pointer && field.IsNil() {
		field = reflect.New(field.Type().Elem()).Elem()
	}
	return (field.CanInt() || field.CanUint() || field.Kind() == reflect.String || is16(field.Type())) && field.IsZero()
}
