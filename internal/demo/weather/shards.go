package weather

import "github.com/troupedb/troupe/messages"

// The shards.
const (
	NorthAmerica messages.ShardID = "north_america"
	Asia         messages.ShardID = "asia"
	Europe       messages.ShardID = "europe"
	SouthAmerica messages.ShardID = "south_america"
)

// Shards are all shards.
var Shards = []messages.ShardID{NorthAmerica, Asia, Europe, SouthAmerica}

// ShardLookup says where the cities of a continent live.
var ShardLookup = map[string]messages.ShardID{
	"North America": NorthAmerica,
	"Asia":          Asia,
	"Europe":        Europe,
	"South America": SouthAmerica,
}
