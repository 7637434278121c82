package coordinator

import (
	"iter"
	"reflect"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/mapping"
)

// Each ranges over rows, which it closes: each row as a T, a struct as pgx.RowToStructByName scans it, or a single
// column's value. A mapped struct with [Identity] learns its key. What a field of type pgtype.DriverBytes has is valid until the next row.
// Leaving the loop early cancels the shards; an error comes as the last pair.
//
//	rows, err := troupe.Query(ctx, `select id, continent, city from weather_locations where continent = $1`, "Asia")
//	…
//	for loc, err := range coordinator.Each[Location](rows) {
func Each[T any](rows pgx.Rows) iter.Seq2[T, error] {
	row, m := rowOf[T]()
	return each(rows, row, m)
}

// eachOf is Each for a T whose mapping is known.
func eachOf[T any](rows pgx.Rows, m *mapping.Struct) iter.Seq2[T, error] {
	return each(rows, rowTo[T]{scan: pgx.RowToStructByName[T], columns: true}, m)
}

func each[T any](rows pgx.Rows, row rowTo[T], m *mapping.Struct) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		defer rows.Close()
		var zero T
		row := row // the rows may be ranged over again, to no avail
		row.rows, _ = rows.(*Rows)
		for rows.Next() {
			v, err := row.next(rows)
			if err == nil && m != nil {
				err = m.Identify(v, ShardOf(rows))
			}
			if err != nil {
				yield(zero, err)
				return
			}
			if !yield(*v, nil) {
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
	var all pile[T]
	for v, err := range Each[T](rows) {
		if err != nil {
			return all.slice(), err
		}
		all.add(v)
	}
	return all.slice(), nil
}

// rowOf returns how a row becomes a T, and the mapping of a T that learns its key.
func rowOf[T any]() (rowTo[T], *mapping.Struct) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || isValue(t) {
		return rowTo[T]{scan: pgx.RowTo[T]}, nil
	}
	row := rowTo[T]{scan: pgx.RowToStructByName[T], columns: true}
	if mapping.HasIdentity(t) {
		if m, err := mapping.Of(t); err == nil {
			return row, m
		}
	}
	return row, nil
}

// isValue reports whether a struct stands for one column: time.Time, pgtype's types and others that scan themselves.
func isValue(t reflect.Type) bool {
	if t.PkgPath() == "time" && t.Name() == "Time" || t.PkgPath() == "github.com/jackc/pgx/v5/pgtype" {
		return true
	}
	_, ok := reflect.New(t).Interface().(interface{ Scan(any) error })
	return ok
}
