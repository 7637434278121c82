package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// schemas are where the shards' tables are.
var schemas = map[messages.ShardID]string{
	weather.NorthAmerica: "schema_1",
	weather.Asia:         "schema_2",
	weather.Europe:       "schema_3",
	weather.SouthAmerica: "schema_4",
}

// configure puts all shards into one database: they have one backend, which is closed once.
func configure(ctx context.Context, s *demo.Stage) (coordinator.Config, error) {
	cfg := coordinator.Config{
		RequireShard:    true,
		ShardChooser:    chooseShard,
		IdentityChooser: chooseForKey,
		Logger:          s.Log,
		Echo:            s.Echo,
	}
	backend, err := open(ctx, s)
	if err != nil {
		return cfg, err
	}
	for _, id := range weather.Shards {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: backend, Names: shardworker.Names{Schema: schemas[id]}})
	}
	return cfg, nil
}

// open opens the database, with its schemas.
func open(ctx context.Context, s *demo.Stage) (shardworker.Backend, error) {
	if s.DSN == "" {
		return attached(s.Dir)
	}
	backend, err := postgres.New(postgres.Config{DSN: string(s.DSN)})
	if err != nil {
		return nil, err
	}
	if err := createSchemas(ctx, s.DSN); err != nil {
		return nil, errors.Join(err, backend.Close(context.WithoutCancel(ctx)))
	}
	return backend, nil
}

// attached returns a SQLite database to which each connection attaches the schemas' files. A commit that changes several of them
// is atomic only with a rollback journal: with the WAL journal each file would commit for itself, and a power cut could come
// between.
func attached(dir string) (shardworker.Backend, error) {
	var attach strings.Builder
	for _, id := range weather.Shards {
		file := filepath.Join(dir, schemas[id]+".db")
		attach.WriteString("attach database '" + strings.ReplaceAll(file, "'", "''") + "' as " + schemas[id] + ";")
	}
	return sqlite.New(sqlite.Config{Path: filepath.Join(dir, "main.db"), Journal: "DELETE", OnConnect: attach.String()})
}

// createSchemas makes the schemas of a PostgreSQL database anew. A shard with names has its schema already, so this is for a
// troupe without.
func createSchemas(ctx context.Context, dsn shardworker.DSN) (err error) {
	database, err := coordinator.Spawn(ctx, coordinator.Config{Shards: []shardworker.Shard{{ID: "database", DSN: dsn}}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close(context.WithoutCancel(ctx))) }()
	for _, id := range weather.Shards {
		for _, sql := range []string{"drop schema if exists " + schemas[id] + " cascade", "create schema " + schemas[id]} {
			if _, err := database.Exec(ctx, sql); err != nil {
				return err
			}
		}
	}
	return nil
}
