package oracletest

import (
	"context"
	"fmt"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

func (c computed) route(shards []messages.ShardID) coordinator.Route {
	return coordinator.RouteFunc(func(_ context.Context, key []any) (messages.ShardID, error) {
		values := make([]value, len(key))
		for i, k := range key {
			switch k := k.(type) {
			case int64:
				values[i] = value{kind: bigint, i: k}
			case string:
				values[i] = value{kind: text, s: k}
			default:
				return "", fmt.Errorf("a route was given a %T", k)
			}
		}
		n, _ := c.shard(values, len(shards))
		return shards[n], nil
	})
}
