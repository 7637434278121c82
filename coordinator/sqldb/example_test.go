package sqldb_test

import (
	"context"
	"fmt"
	"log"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/sqldb"
	"github.com/troupedb/troupe/shardworker"
)

func ExampleOpen() {
	ctx := context.Background()
	troupe, err := coordinator.Spawn(ctx, coordinator.Config{Shards: []shardworker.Shard{{ID: "asia", DSN: "sqlite::memory:"}}})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = troupe.Close(ctx) }()
	db, err := sqldb.Open(troupe, "asia")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = tx.ExecContext(ctx, `CREATE TABLE cities (name text); INSERT INTO cities VALUES ('Tokyo')`)
	if err != nil {
		log.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		log.Fatal(err)
	}
	var name string
	err = db.QueryRowContext(ctx, `SELECT name FROM cities WHERE name LIKE ?`, "T%").Scan(&name)
	fmt.Println(name, err)
	// Output:
	// Tokyo <nil>
}
