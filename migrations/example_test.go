package migrations_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/migrations"
	"github.com/troupedb/troupe/shardworker"
)

// The files would be embedded in the program, by //go:embed.
var embedded = fstest.MapFS{
	"00001_people.sql": {Data: []byte("-- +goose Up\nCREATE TABLE people (id integer PRIMARY KEY);\n-- +goose Down\nDROP TABLE people;\n")},
	"00002_names.sql":  {Data: []byte("-- +goose Up\nALTER TABLE people ADD COLUMN name text;\n-- +goose Down\nALTER TABLE people DROP COLUMN name;\n")},
}

func ExampleMigrate() {
	ctx := context.Background()
	troupe, err := coordinator.Spawn(ctx, coordinator.Config{Shards: []shardworker.Shard{
		{ID: "asia", DSN: "sqlite::memory:"},
		{ID: "europe", DSN: "sqlite::memory:"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = troupe.Close(ctx) }()

	// One shard first; the others only if it is done.
	report, err := migrations.Migrate(ctx, troupe, embedded, migrations.Options{Canary: "europe"})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range report.Shards {
		fmt.Println(s.Shard, "applied", len(s.Applied), "and is at", s.Version)
	}
	report, err = migrations.Migrate(ctx, troupe, embedded, migrations.Options{Down: true, To: 1})
	fmt.Println(report.Shards[0].Applied[0].File, report.Shards[0].Version, err)
	// Output:
	// asia applied 2 and is at 2
	// europe applied 2 and is at 2
	// 00002_names.sql 1 <nil>
}
