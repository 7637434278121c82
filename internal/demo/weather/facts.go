package weather

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/messages"
)

// CheckPlaces looks at each shard by itself: a report and its location must be on the same one. What is asked of one shard may
// be any SQL, and so a join.
func CheckPlaces(ctx context.Context, s *demo.Stage) error {
	reported := map[messages.ShardID][]string{}
	for _, shard := range Shards {
		rows, err := s.Troupe.Query(coordinator.OnShard(ctx, shard), CitiesReported)
		if err != nil {
			return err
		}
		if reported[shard], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil { // rows are pgx.Rows
			return err
		}
	}
	demo.Check(s.Report, "cities of the reports, read on their own shard", reported, map[messages.ShardID][]string{
		NorthAmerica: {"New York"}, Asia: {"Tokyo"}, Europe: {}, SouthAmerica: {"Quito"},
	})
	return nil
}

// CheckReportKeys checks the keys of New York's and Tokyo's first reports: the database has given both the id 1.
func CheckReportKeys(r *demo.Report, newYork, tokyo messages.Key) error {
	one, err := messages.NewPrimaryKey(1)
	if err != nil {
		return err
	}
	demo.Check(r, "key of New York's report", newYork, messages.Key{Table: "weather_reports", PK: one, Shard: NorthAmerica})
	demo.Check(r, "key of Tokyo's report", tokyo, messages.Key{Table: "weather_reports", PK: one, Shard: Asia})
	return nil
}
