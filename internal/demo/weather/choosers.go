package weather

import (
	"context"
	"errors"
	"fmt"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// ShardOf returns where the cities of a continent live.
func ShardOf(continent string) (messages.ShardID, error) {
	shard, ok := ShardLookup[continent]
	if !ok {
		return "", fmt.Errorf("no shard for the continent %q", continent)
	}
	return shard, nil
}

// ChooseShard is the shard chooser: it says which shard an object is written to.
func ChooseShard(ctx context.Context, object any) (messages.ShardID, error) {
	switch o := object.(type) {
	case *Location:
		return ShardOf(o.Continent)
	case *Report:
		if o.Location == nil {
			return "", errors.New("a report without a location")
		}
		return ChooseShard(ctx, o.Location)
	default:
		return "", fmt.Errorf("no shard for a %T", object)
	}
}

// ChooseForKey is the identity chooser: it says where a primary key is looked for. A key alone tells nothing here, so
// that is everywhere; but what belongs to an object is on the object's shard, because ChooseShard put it there.
func ChooseForKey(_ context.Context, r *coordinator.IdentityRequest) ([]messages.ShardID, error) {
	if key, ok := coordinator.KeyOf(r.LoadedFrom); ok {
		return []messages.ShardID{key.Shard}, nil
	}
	return Shards, nil
}

// ChooseForStatement is the execute chooser: it says where a statement goes. It narrows by what the statement says of
// the column continent in its WHERE, where every row must satisfy it.
func ChooseForStatement(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
	continents, ok, err := r.Values("continent")
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return Shards, nil
	}
	return shardsOf(continents), nil
}

// shardsOf returns where rows with these continents may be. What it doesn't understand may be anywhere; a continent that
// isn't known is nowhere. It never returns none, which would be no answer: any one shard can answer with no rows.
func shardsOf(continents []any) []messages.ShardID {
	var found []messages.ShardID
	for _, continent := range continents {
		name, ok := continent.(string)
		if !ok {
			return Shards
		}
		if shard, ok := ShardLookup[name]; ok {
			found = append(found, shard) // perhaps twice, which counts once
		}
	}
	if len(found) == 0 {
		return Shards[:1]
	}
	return found
}
