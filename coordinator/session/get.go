package session

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Get returns the object of a primary key. One that the session has is returned without a statement: on the shard of a pin or
// [coordinator.WithToken], or, without these, if it has it on one shard only. An expired one is read anew from its own shard. Else the key is
// looked for as [coordinator.Get] does. Without such a row, or if the object is to be deleted, the error is pgx.ErrNoRows; a key that is found on
// several shards is [messages.ErrAmbiguousKey]. What was added and isn't flushed isn't found.
func Get[T any](ctx context.Context, s *Session, key ...any) (*T, error) {
	if err := s.enterSound(); err != nil {
		return nil, err
	}
	defer s.leave()
	return getAs[T](ctx, s, key)
}

func getAs[T any](ctx context.Context, s *Session, key []any) (*T, error) {
	m, err := linked(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return asObject[T](s.get(ctx, m, key))
}

// ByKey returns the object of a key, from its own shard: no chooser is asked, and no pin counts. See [Get].
func ByKey[T any](ctx context.Context, s *Session, key messages.Key) (*T, error) {
	if err := s.enterSound(); err != nil {
		return nil, err
	}
	defer s.leave()
	m, err := linked(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	if key.Table != m.Table || key.PK.IsZero() || len(key.PK.Values()) != len(m.Keys) {
		return nil, invalid("%v is no key of a %v", key, m.Type)
	}
	return asObject[T](s.byItsKey(ctx, m, key))
}

func asObject[T any](e *entry, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return e.object.(*T), nil
}

func (s *Session) get(ctx context.Context, m *mapping.Struct, key []any) (*entry, error) {
	if len(key) != len(m.Keys) {
		return nil, invalid("%d key values for the key columns %v of %s", len(key), m.KeyNames(), m.Table)
	}
	pk, err := messages.NewPrimaryKey(key...)
	if err != nil {
		return nil, err
	}
	e, only := s.mapped(ctx, row{m.Table, pk})
	if e != nil {
		found, err := s.current(ctx, m, e)
		if err != nil || found || only {
			return e, noRow(found, err)
		}
	}
	return s.ask(ctx, m, key)
}

// mapped returns the entry of a row as far as ctx says which, or there is only one; only says that no other will do.
func (s *Session) mapped(ctx context.Context, r row) (e *entry, only bool) {
	p := coordinator.PlacementOf(ctx)
	switch {
	case p.Pinned && len(p.Shards) == 1:
		return s.rows.get(messages.Key{Table: r.table, PK: r.pk, Shard: p.Shards[0]}), true
	case p.Pinned:
		return nil, false
	case p.Token != "":
		return s.rows.get(messages.Key{Table: r.table, PK: r.pk, Shard: p.Token}), true
	default:
		return s.rows.only(r), false
	}
}

// current makes sure that an entry is what its row is, if it hasn't been changed. It returns false if there is no such row any more.
func (s *Session) current(ctx context.Context, m *mapping.Struct, e *entry) (bool, error) {
	switch {
	case e.mapping != m:
		return false, otherType(e, m.Type)
	case e.state == deleting:
		return false, pgx.ErrNoRows
	case !e.expired:
		return true, nil
	}
	if changed, err := e.changed(); err != nil || changed {
		return changed, err
	}
	if err := s.begin(ctx, e.key.Shard); err != nil {
		return false, err
	}
	rows, err := s.read(ctx, e.key.Shard, m, [][]any{e.knownKey()})
	if err != nil {
		return false, err
	}
	if len(rows) == 0 {
		s.drop(e)
		return false, nil
	}
	return true, s.overwrite(e, rows[0].object.Elem())
}

func noRow(found bool, err error) error {
	if err == nil && !found {
		return pgx.ErrNoRows
	}
	return err
}

func (s *Session) byItsKey(ctx context.Context, m *mapping.Struct, key messages.Key) (*entry, error) {
	if e := s.rows.get(key); e != nil {
		found, err := s.current(ctx, m, e)
		return e, noRow(found, err)
	}
	if err := s.begin(ctx, key.Shard); err != nil {
		return nil, err
	}
	rows, err := s.read(ctx, key.Shard, m, [][]any{key.PK.Values()})
	if err != nil || len(rows) == 0 {
		return nil, noRow(false, err)
	}
	return s.merge(m, rows[0], ifExpired)
}

// ask looks for a key in the databases.
func (s *Session) ask(ctx context.Context, m *mapping.Struct, key []any) (*entry, error) {
	found, err := s.send(ctx, m, &messages.Get{Table: m.Table, Columns: m.Names(), KeyColumns: m.KeyNames(), Key: key})
	if err != nil {
		return nil, err
	}
	switch len(found) {
	case 0:
		return nil, pgx.ErrNoRows
	case 1:
	default:
		var shards []messages.ShardID
		for _, r := range found {
			shards = append(shards, r.shard)
		}
		slices.Sort(shards)
		return nil, &messages.Error{Code: messages.ErrAmbiguousKey, Op: "get", Detail: fmt.Sprintf("%s %v is on shards %v", m.Table, key, shards)}
	}
	e, err := s.merge(m, found[0], ifExpired)
	if err == nil && e.state == deleting {
		return nil, pgx.ErrNoRows
	}
	return e, err
}

// send sends a Get and returns its rows.
func (s *Session) send(ctx context.Context, m *mapping.Struct, g *messages.Get) ([]met, error) {
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := s.troupe.Send(s.in(ctx), g).Await(ctx)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []met
	for rows.Next() {
		fresh, err := scanned(m, rows)
		if err != nil {
			return nil, err
		}
		found = append(found, met{fresh, rows.Shard()})
	}
	return found, rows.Err()
}

// read reads the rows of keys on a shard, as far as they are there. REQUIRES: the transaction is begun.
func (s *Session) read(ctx context.Context, shard messages.ShardID, m *mapping.Struct, keys [][]any) ([]met, error) {
	return s.readWhere(ctx, shard, m, m.KeyNames(), keys)
}

// readWhere reads the rows whose columns have the values of one of keys, in the order of the primary key within each statement.
func (s *Session) readWhere(ctx context.Context, shard messages.ShardID, m *mapping.Struct, columns []string, keys [][]any) ([]met, error) {
	var found []met
	for part := range slices.Chunk(keys, keysPer(len(columns))) {
		t := s.bareText(shard)
		t.add("SELECT ", mapping.QuoteAll(m.Names()), " FROM ", mapping.QuoteTable(m.Table), " WHERE ")
		t.among(columns, part)
		t.add(" ORDER BY ", mapping.QuoteAll(m.KeyNames()))
		err := s.query(ctx, shard, t.String(), t.args, func(rows scanner) error {
			fresh, err := scanned(m, rows)
			found = append(found, met{fresh, shard})
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}
