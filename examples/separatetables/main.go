// Command separatetables is troupe's counterpart of SQLAlchemy's examples.sharding.separate_tables: one database, in which each
// shard's tables have a prefix of their own. What is written as weather_locations is asia__weather_locations on the shard
// asia. The original replaces a placeholder wherever it stands in a statement's text; troupe translates the names in the
// statement's parse tree, so that a text with the same letters stays as it is. The rest is what
// examples/separatedatabases does, and the assertions are the original's with the shards that each call touches. It needs no server:
//
//	go run ./examples/separatetables
//	go run ./examples/separatetables -echo
//	go run ./examples/separatetables -dsn postgres://localhost/weather
//
// Read on in literals.go, and in internal/demo/weather, which this program shares with the other examples: model.go,
// choosers.go, story.go.
package main

import (
	"context"
	"os"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/shardworker"
)

var program = demo.Program{
	Name: "separatetables",
	Usage: `separatetables keeps four shards in one database, a SQLite file unless -dsn says otherwise, and checks what it gets.
It drops and creates the tables weather_locations and weather_reports four times, with the prefixes north_america__, asia__, europe__ and
south_america__, and north_america__ids.

`,
	Shards:      weather.Shards,
	OneDatabase: true,
	Configure:   configure,
	Play:        play,
}

func main() { os.Exit(program.Run(demo.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)) }

// configure puts all shards into one database. Equal DSNs are one database, with one connection for each transaction.
func configure(_ context.Context, s *demo.Stage) (coordinator.Config, error) {
	dsn := s.DSN
	if dsn == "" {
		dsn = s.File("weather.db")
	}
	var shards []shardworker.Shard
	for _, id := range weather.Shards {
		shards = append(shards, shardworker.Shard{ID: id, DSN: dsn, Names: shardworker.Names{Prefix: prefix(id)}})
	}
	return weather.Config(s, shards), nil
}

func play(ctx context.Context, s *demo.Stage) error {
	if err := weather.CreateTables(ctx, s); err != nil {
		return err
	}
	story := weather.Story{Stage: s}
	return s.Take(ctx, story.Write, story.GetByKey, story.SelectOnOneShard, story.SelectAcrossShards, story.CompareIdentities,
		literals{s}.survive)
}
