// Command async is the first program to read: troupe's counterpart of SQLAlchemy's examples.sharding.asyncio. Weather
// reports live on four shards, one for each of four continents. A unit of work writes them, finds them by key and selects them across
// shards, over futures: a call is on its way before the program waits for its answer. Then a large result is streamed to a slow
// reader. Each step asserts what it shows. It needs no server:
//
//	go run ./examples/async
//	go run ./examples/async -explain
//	go run ./examples/async -echo -dsn asia=postgres://localhost/asia
//
// Read on in this order: internal/demo/weather, which has what the examples share (model.go, choosers.go, tables.go); then here
// ids.go, story.go, merged.go, requests.go, stream.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
)

const usage = `async runs SQL over four shards, SQLite files unless -dsn says otherwise, and checks what it gets.
It drops and creates the tables weather_locations, weather_reports, stream_rows and, on north_america, ids.

`

func main() { os.Exit(newProgram().Run(demo.Interruptible(), os.Args[1:], os.Stdout, os.Stderr)) }

// options are the flags that only this program has.
type options struct {
	rows int
	rest time.Duration
}

func newProgram() demo.Program {
	var o options
	return demo.Program{
		Name: "async", Usage: usage, Shards: weather.Shards,
		Flags: o.declare, Accept: o.check,
		Configure: configure,
		Play:      func(ctx context.Context, s *demo.Stage) error { return play(ctx, s, o) },
	}
}

func (o *options) declare(flags *flag.FlagSet) {
	flags.IntVar(&o.rows, "rows", 200_000, "how many `rows` are streamed to the slow reader, at least 4")
	flags.DurationVar(&o.rest, "reader-delay", 10*time.Millisecond, fmt.Sprintf("how long the slow reader rests before every %dth row", rowsPerRest))
}

func (o *options) check(*demo.Stage) error {
	switch {
	case o.rows < len(weather.Shards):
		return fmt.Errorf("-rows: at least %d, one for each shard", len(weather.Shards))
	case o.rest < 0:
		return errors.New("-reader-delay: at least 0")
	}
	return nil
}

// configure makes each shard a database of its own: a file, unless -dsn says otherwise.
func configure(_ context.Context, s *demo.Stage) (coordinator.Config, error) {
	cfg := weather.Config(s, s.Databases())
	cfg.Window, cfg.BatchBytes = window, batchBytes
	return cfg, nil
}

// example is what the steps share.
type example struct {
	options
	weather.Story
	ids *ids.Table
}

// play takes the steps.
func play(ctx context.Context, s *demo.Stage, o options) error {
	e := &example{options: o, Story: weather.Story{Stage: s}}
	return s.Take(ctx,
		e.createTables, e.raceForIDs, e.addWeather,
		e.getByKey, e.selectCities, e.mergeShards, e.CompareIdentities, e.sendMessages,
		e.streamSlowly)
}
