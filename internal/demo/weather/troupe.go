package weather

import (
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/shardworker"
)

// Config configures a troupe with these shards and the package's choosers.
func Config(s *demo.Stage, shards []shardworker.Shard) coordinator.Config {
	return coordinator.Config{
		Shards:          shards,
		ShardChooser:    ChooseShard,
		IdentityChooser: ChooseForKey,
		ExecuteChooser:  ChooseForStatement,
		Logger:          s.Log,
		Echo:            s.Echo,
	}
}
