// Command separatedatabases is troupe's counterpart of SQLAlchemy's examples.sharding.separate_databases: four databases,
// one for each of four continents. Seven cities and their weather reports are added to a unit of work, which writes each to its
// shard; then they are found by key, selected across the shards and on one, and two rows with the same primary key are told
// apart by their shards. It asserts what the original does, and which shards each call touches. It needs no server:
//
//	go run ./examples/separatedatabases
//	go run ./examples/separatedatabases -explain
//	go run ./examples/separatedatabases -echo -dsn asia=postgres://localhost/asia
//
// Read on in internal/demo/weather, which this program shares with the other examples: model.go, choosers.go, story.go.
package main

import (
	"context"
	"os"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
)

var program = demo.Program{
	Name: "separatedatabases",
	Usage: `separatedatabases keeps weather reports in four databases, SQLite files unless -dsn says otherwise, and checks what it gets.
It drops and creates the tables weather_locations, weather_reports and, on north_america, ids.

`,
	Shards:    weather.Shards,
	Configure: configure,
	Play:      play,
}

func main() { os.Exit(program.Run(demo.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)) }

// configure makes each shard a database of its own.
func configure(_ context.Context, s *demo.Stage) (coordinator.Config, error) {
	return weather.Config(s, s.Databases()), nil
}

func play(ctx context.Context, s *demo.Stage) error {
	if err := weather.CreateTables(ctx, s); err != nil {
		return err
	}
	story := weather.Story{Stage: s}
	return s.Take(ctx, story.Write, story.GetByKey, story.SelectAcrossShards, story.SelectOnOneShard, story.CompareIdentities)
}
