package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
)

// chooseShard is the shard chooser: a location is written to its continent's shard, and a report to its location's.
func chooseShard(_ context.Context, object any) (messages.ShardID, error) {
	switch o := object.(type) {
	case *Location:
		return weather.ShardOf(o.Continent)
	case *Report:
		if o.Location == nil {
			return "", errors.New("a report without a location")
		}
		return weather.ShardOf(o.Location.Continent)
	default:
		return "", fmt.Errorf("no shard for a %T", object)
	}
}

// errNoShard is the choosers' answer where the shard should have been said.
var errNoShard = errors.New("say the shard: coordinator.WithToken for a get, coordinator.OnShard for a statement")

// chooseForKey is the identity chooser: what belongs to an object is on its shard, and anything else should have had a token.
func chooseForKey(_ context.Context, r *coordinator.IdentityRequest) ([]messages.ShardID, error) {
	if key, ok := coordinator.KeyOf(r.LoadedFrom); ok {
		return []messages.ShardID{key.Shard}, nil
	}
	return nil, errNoShard
}
