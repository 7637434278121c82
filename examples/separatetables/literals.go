package main

import (
	"context"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
)

// prefix is what a shard's tables are called by.
func prefix(id messages.ShardID) string { return string(id) + "__" }

// literals shows that only names are translated.
type literals struct{ *demo.Stage }

// asiasWords has the name of a table, a shard's prefix and the original's placeholder in a text, a comment, an alias and a
// common table expression.
const asiasWords = `with asia__reports as (select location_id, temperature from weather_reports) -- not weather_reports, and not _prefix_
	select 'weather_locations of _prefix_ and asia__: ' || weather_locations.city as "weather_reports"
	from weather_locations join asia__reports on asia__reports.location_id = weather_locations.id
	where weather_locations.city <> '_prefix__weather_locations'`

func (l literals) survive(ctx context.Context) error {
	var words string
	onAsia, touched := coordinator.WatchTouched(coordinator.OnShard(ctx, weather.Asia))
	if err := l.Troupe.QueryRow(onAsia, asiasWords).Scan(&words); err != nil {
		return err
	}
	demo.Check(l.Report, "words in texts that look like names", words, "weather_locations of _prefix_ and asia__: Tokyo")
	demo.Check(l.Report, "shards that were asked", touched.Shards(), []messages.ShardID{weather.Asia})
	return l.Explain(onAsia, asiasWords)
}
