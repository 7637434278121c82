package session

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Refresh reads the rows of objects anew, each from its own shard, in one statement for each table and shard: no chooser is asked, and no
// pin counts. Changes that aren't flushed are given up. A row that is gone is [messages.ErrStale], and pgx.ErrNoRows; the others
// are refreshed then.
func (s *Session) Refresh(ctx context.Context, objects ...any) error {
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	if len(objects) == 0 {
		return nil
	}
	tables := byTable[*entry]{}
	var shards []messages.ShardID
	for _, object := range objects {
		e, err := s.entryOf(object)
		if err != nil {
			return err
		}
		shard := e.key.Shard
		if tables[shard] == nil {
			shards = append(shards, shard)
		}
		tables.add(shard, e.mapping, e)
	}
	if err := s.begin(ctx, shards...); err != nil {
		return err
	}
	work := map[messages.ShardID]func() error{}
	results := make([][]met, len(shards))
	for i, shard := range shards {
		work[shard] = func() error {
			for _, m := range sorted(tables[shard]) {
				keys := make([][]any, len(tables[shard][m]))
				for n, e := range tables[shard][m] {
					keys[n] = e.knownKey()
				}
				rows, err := s.read(ctx, shard, m, keys)
				if err != nil {
					return err
				}
				results[i] = append(results[i], rows...)
			}
			return nil
		}
	}
	if err := s.onShards(work); err != nil {
		return err
	}
	return s.refreshed(shards, tables, slices.Concat(results...))
}

// refreshed gives entries the rows that were found for them.
func (s *Session) refreshed(shards []messages.ShardID, tables byTable[*entry], found []met) error {
	there := map[*entry]bool{}
	for _, r := range found {
		m, err := mapping.Of(r.object.Type().Elem())
		if err != nil {
			return err
		}
		e, err := s.merge(m, r, always)
		if err != nil {
			return err
		}
		s.unlist(e)
		there[e] = true
	}
	var missing []string
	for _, shard := range shards {
		for _, m := range sorted(tables[shard]) {
			for _, e := range tables[shard][m] {
				if !there[e] && e.there() {
					missing = append(missing, e.key.String())
					s.drop(e)
				}
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &messages.Error{Code: messages.ErrStale, Op: "refresh", Detail: strings.Join(missing, ", ") + ": gone", Err: pgx.ErrNoRows}
}
