package weather

import (
	"context"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/internal/demo"
)

// NewIDs returns a source of ids that are unique over all shards, and makes its table anew. This is the seeds' way, a table with a
// number on one shard; but it takes a block of numbers at once. UUIDs would do as well, and without the table.
func NewIDs(ctx context.Context, s *demo.Stage) (*ids.Table, error) {
	source, err := ids.NewTable(s.Troupe, ids.TableConfig{Shard: NorthAmerica, Table: "ids"})
	if err != nil {
		return nil, err
	}
	if _, err := s.Troupe.Exec(coordinator.OnShard(ctx, NorthAmerica), `drop table if exists ids`); err != nil {
		return nil, err
	}
	return source, source.Create(ctx)
}
