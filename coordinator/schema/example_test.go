package schema_test

import (
	"context"
	"fmt"
	"log"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// twoShards returns a troupe over two databases in memory.
func twoShards(ctx context.Context) *coordinator.Troupe {
	troupe, err := coordinator.Spawn(ctx, coordinator.Config{Shards: []shardworker.Shard{
		{ID: "asia", DSN: "sqlite::memory:"},
		{ID: "europe", DSN: "sqlite::memory:"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	return troupe
}

// A text is applied to all shards; where it fails it changes nothing, and is applied again when the cause is mended.
func ExampleApply() {
	ctx := context.Background()
	troupe := twoShards(ctx)
	defer func() { _ = troupe.Close(ctx) }()
	const text = `CREATE TABLE people (id integer PRIMARY KEY, name text); CREATE TABLE pets (id integer PRIMARY KEY)`

	_, _ = troupe.Exec(coordinator.OnShard(ctx, "europe"), `CREATE TABLE pets (in_the_way text)`)
	report, err := schema.Apply(ctx, troupe, text, schema.Options{})
	fmt.Println(err != nil, report.Done(), report.Failed())

	_, _ = troupe.Exec(coordinator.OnShard(ctx, "europe"), `DROP TABLE pets`)
	report, err = schema.Apply(ctx, troupe, text, schema.Options{Shards: report.Failed()})
	fmt.Println(err, report.Done())
	// Output:
	// true [asia] [europe]
	// <nil> [europe]
}

// The shards' tables are compared, and the differences say where they are.
func ExampleDrift() {
	ctx := context.Background()
	troupe := twoShards(ctx)
	defer func() { _ = troupe.Close(ctx) }()
	_, err := schema.Apply(ctx, troupe, `CREATE TABLE people (id integer PRIMARY KEY, name text)`, schema.Options{})
	if err != nil {
		log.Fatal(err)
	}
	_, _ = troupe.Exec(coordinator.OnShard(ctx, "asia"), `ALTER TABLE people ADD COLUMN age integer; CREATE INDEX by_name ON people (name)`)

	differences, err := schema.Drift(ctx, troupe, schema.DriftOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(differences)
	// Output:
	// people.age: column: present on asia; missing on europe
	// people: index: (name) on asia; missing on europe
}

// Anything can be done shard by shard, with the same report.
func ExampleOnEach() {
	ctx := context.Background()
	troupe := twoShards(ctx)
	defer func() { _ = troupe.Close(ctx) }()
	report, err := schema.OnEach(ctx, troupe, "vacuum", schema.Options{Parallel: 1},
		func(ctx context.Context, _ messages.ShardID) error {
			_, err := troupe.Exec(ctx, `VACUUM`) // ctx is pinned to the shard
			return err
		})
	fmt.Println(report.Done(), err)
	// Output:
	// [asia europe] <nil>
}
