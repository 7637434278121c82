package coordinator

import (
	"iter"
	"reflect"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/mapping"
)

// Each ranges over rows, which it closes: each row as a T, a struct as pgx.RowToStructByName scans it, or a single
// column's value. A mapped struct with [Identity] learns its key. Leaving the loop early cancels the shards; an error
// comes as the last pair.
//
//	rows, err := troupe.Query(ctx, `select id, continent, city from weather_locations where continent = $1`, "Asia")
//	…
//	for loc, err := range coordinator.Each[Location](rows) {
func Each[T any](rows pgx.Rows) iter.Seq2[T, error] {
	scan, m := rowTo[T]()
	return each(rows, scan, m)
}

// eachOf is Each for a T whose mapping is known.
func eachOf[T any](rows pgx.Rows, m *mapping.Struct) iter.Seq2[T, error] {
	return each(rows, pgx.RowToStructByName[T], m)
}

func each[T any](rows pgx.Rows, scan pgx.RowToFunc[T], m *mapping.Struct) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		defer rows.Close()
		var zero T
		for rows.Next() {
			v, err := scan(rows)
			if err == nil && m != nil {
				err = m.Identify(&v, ShardOf(rows))
			}
			if err != nil {
				yield(zero, err)
				return
			}
			if !yield(v, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(zero, err)
		}
	}
}

// Collect returns all of Each.
func Collect[T any](rows pgx.Rows) ([]T, error) {
	var all []T
	for v, err := range Each[T](rows) {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// rowTo returns how a row becomes a T, and the mapping of a T that learns its key.
func rowTo[T any]() (pgx.RowToFunc[T], *mapping.Struct) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || isValue(t) {
		return pgx.RowTo[T], nil
	}
	if mapping.HasIdentity(t) {
		if m, err := mapping.Of(t); err == nil {
			return pgx.RowToStructByName[T], m
		}
	}
	return pgx.RowToStructByName[T], nil
}

// isValue reports whether a struct stands for one column: time.Time, pgtype's types and others that scan themselves.
func isValue(t reflect.Type) bool {
	if t.PkgPath() == "time" && t.Name() == "Time" || t.PkgPath() == "github.com/jackc/pgx/v5/pgtype" {
		return true
	}
	_, ok := reflect.New(t).Interface().(interface{ Scan(any) error })
	return ok
}
