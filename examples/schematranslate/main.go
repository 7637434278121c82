// Command schematranslate is troupe's counterpart of SQLAlchemy's examples.sharding.separate_schema_translates: one database,
// in which each shard's tables are in a schema of their own. What is written as weather_locations is schema_2.weather_locations
// on the shard asia. With SQLite a schema is a file that is attached to one database. As in the original a shard must always
// be known: Config.RequireShard refuses a get without a token, and a statement without a pin; no chooser is asked for them. It
// asserts what the original does, and which shards each call touches. It needs no server:
//
//	go run ./examples/schematranslate
//	go run ./examples/schematranslate -echo
//	go run ./examples/schematranslate -dsn postgres://localhost/weather
//
// Read on in this order: schemas.go, model.go, choosers.go, story.go.
package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
)

var program = demo.Program{
	Name: "schematranslate",
	Usage: `schematranslate keeps four shards in four schemas of one database, attached SQLite files unless -dsn says otherwise, and checks
what it gets. In a PostgreSQL database it drops and creates the schemas schema_1 to schema_4.

`,
	Shards:      weather.Shards,
	OneDatabase: true,
	Accept:      accept,
	Configure:   configure,
	Play:        play,
}

func main() { os.Exit(program.Run(demo.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)) }

func accept(s *demo.Stage) error {
	scheme, _, _ := strings.Cut(string(s.DSN), "://")
	if s.DSN != "" && scheme != "postgres" && scheme != "postgresql" {
		return errors.New("-dsn: it is no postgres:// URL; with SQLite the program attaches files of its own")
	}
	return nil
}

func play(ctx context.Context, s *demo.Stage) error {
	if err := weather.CreateTablesWithIDs(ctx, s); err != nil {
		return err
	}
	p := &plot{Stage: s}
	return s.Take(ctx, p.write, p.refuseWithoutShard, p.getByKey, p.selectAcrossShards, p.selectOnOneShard, p.compareIdentities)
}
