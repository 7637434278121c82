package session

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Select runs a statement in the session's transaction, routed and merged as Troupe.Query does, and returns its rows as objects of the
// session: a row that has one already is that one, whose values stay as they are unless it is expired. The columns are read by
// pgx.RowToStructByName, so all mapped ones have to be there.
//
// What an INSERT or UPDATE … RETURNING returns is what the objects are then, whatever they were. Those of a DELETE … RETURNING, which need return
// the primary key only, are deleted. What was added, changed or deleted in the session isn't flushed before.
func Select[T any](ctx context.Context, s *Session, sql string, args ...any) ([]*T, error) {
	if err := s.enterSound(); err != nil {
		return nil, err
	}
	defer s.leave()
	return selectAs[T](ctx, s, sql, args)
}

func selectAs[T any](ctx context.Context, s *Session, sql string, args []any) ([]*T, error) {
	m, err := linked(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	kind, take := s.kindOf(ctx, sql)
	if take != ifExpired {
		s.levels[len(s.levels)-1].unseen = true
	}
	found, err := selectRows[T](s.in(ctx), s, m, kind, sql, args)
	if err != nil {
		return nil, err
	}
	s.rows.reserve(m.Table, len(found.objects))
	for i, object := range found.objects {
		r := met{reflect.ValueOf(object), found.shard(i)}
		var e *entry
		if kind == tree.Delete {
			e, err = s.mergeDeleted(m, r)
		} else {
			e, err = s.merge(m, r, take)
		}
		if err != nil {
			return nil, err
		}
		e.written = e.written || take == always
		found.objects[i] = e.object.(*T)
	}
	return found.objects, nil
}

// read is the rows of a statement, each as a new object. Rows that came in turn from one shard are a run.
type read[T any] struct {
	objects []*T
	runs    []run
	at      int // the run of the last one that was asked for
}

// run is rows up to an end.
type run struct {
	shard messages.ShardID
	end   int
}

func (r *read[T]) add(object *T, shard messages.ShardID) {
	r.objects = append(r.objects, object)
	if last := len(r.runs) - 1; last < 0 || r.runs[last].shard != shard {
		r.runs = append(r.runs, run{shard: shard})
	}
	r.runs[len(r.runs)-1].end = len(r.objects)
}

// shard returns the shard of a row. Rows are asked for in their order.
func (r *read[T]) shard(row int) messages.ShardID {
	for r.runs[r.at].end <= row {
		r.at++
	}
	return r.runs[r.at].shard
}

func selectRows[T any](ctx context.Context, s *Session, m *mapping.Struct, kind tree.Kind, sql string, args []any) (*read[T], error) {
	rows, err := s.troupe.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	found := &read[T]{objects: []*T{}}
	if _, scans := any(new(T)).(interface{ Scan(any) error }); kind != tree.Delete && !scans {
		for v, err := range coordinator.Each[T](rows) {
			if err != nil {
				return nil, err
			}
			found.add(&v, coordinator.ShardOf(rows))
		}
		return found, nil
	}
	defer rows.Close()
	scan := pgx.RowToStructByName[T] // for a T that Each takes for a single value
	if kind == tree.Delete {
		for _, name := range m.KeyNames() {
			if !slices.ContainsFunc(rows.FieldDescriptions(), namedAs(name)) {
				rows.Close()
				return nil, invalid("the rows of the DELETE don't have column %s of the primary key of %s, but they are deleted", name, m.Table)
			}
		}
		scan = pgx.RowToStructByNameLax[T]
	}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found.add(&v, coordinator.ShardOf(rows))
	}
	return found, rows.Err()
}

// kindOf returns what kind of statement a text is, and which objects its rows are taken for.
func (s *Session) kindOf(ctx context.Context, sql string) (tree.Kind, taking) {
	if !messages.MayWrite(sql) {
		return tree.Select, ifExpired
	}
	shards := coordinator.PlacementOf(ctx).Shards
	if len(shards) == 0 {
		shards = s.troupe.Shards()
	}
	if b, err := s.troupe.Shard(shards[0]); err == nil {
		if parsed, err := statement.Read(b.Dialect(), sql); err == nil {
			if parsed.Kind == tree.Insert || parsed.Kind == tree.Update {
				return parsed.Kind, always
			}
			return parsed.Kind, ifUnchanged // a SELECT that locks rows, or has a change within, returns the newest there are
		}
	}
	return tree.Other, ifUnchanged
}

// mergeDeleted returns the entry of a row that a statement has deleted.
func (s *Session) mergeDeleted(m *mapping.Struct, r met) (*entry, error) {
	if r.shard == "" {
		return nil, invalid("the rows of %s that the statement returns belong to no single shard", m.Table)
	}
	pk, err := m.PrimaryKey(r.object.Elem())
	if err != nil {
		return nil, err
	}
	e := s.rows.get(messages.Key{Table: m.Table, PK: pk, Shard: r.shard})
	if e == nil {
		e = s.track(r.object.Interface(), m, r.object.Elem())
		e.state = gone
		return e, nil
	}
	if e.mapping != m {
		return nil, otherType(e, m.Type)
	}
	s.drop(e)
	return e, nil
}

func namedAs(name string) func(pgconn.FieldDescription) bool {
	return func(f pgconn.FieldDescription) bool { return strings.EqualFold(f.Name, name) }
}
