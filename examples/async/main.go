// Command async is the first program to read: troupe's counterpart of SQLAlchemy's examples.sharding.asyncio. Weather
// reports live on four shards, one for each of four continents, and are written, found by key and selected across
// shards; then a large result is streamed to a slow reader. Each step asserts what it shows. It needs no server:
//
//	go run ./examples/async
//	go run ./examples/async -explain
//	go run ./examples/async -echo -dsn asia=postgres://localhost/asia
//
// Read on in this order: shards.go, model.go, choosers.go, ids.go, weather.go, requests.go, stream.go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// The exit statuses.
const (
	succeeded = 0
	failed    = 1 // an assertion, or a call
	misused   = 2 // the command line
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program: what it found goes to stdout, what went wrong and the SQL of -echo to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	started := time.Now()
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return succeeded
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "async: %v (-h explains the flags)\n", err)
		return misused
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	out := &report{out: stdout}
	err = play(ctx, o, out, stderr)
	switch {
	case err == nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		_, _ = fmt.Fprintf(stderr, "async: not done within %v: %v\n", o.timeout, err)
	case ctx.Err() != nil:
		_, _ = fmt.Fprintf(stderr, "async: interrupted: %v\n", err)
	default:
		_, _ = fmt.Fprintf(stderr, "async: %v\n", err)
	}
	if errors.Is(err, messages.ErrInvalidConfig) {
		return misused // a URL of -dsn that can't be read
	}
	out.printf("\n%d shards (%s): %d assertions hold, %d fail; %v\n", len(shards), strings.Join(out.engines, ", "),
		out.held, out.broken, time.Since(started).Round(10*time.Millisecond))
	if err != nil || out.broken > 0 {
		return failed
	}
	return succeeded
}

// example is what the steps share.
type example struct {
	options
	*report
	troupe *coordinator.Troupe
	tokyo  *Location
	york   *Location
}

// play opens the shards, takes the steps and closes the shards again.
func play(ctx context.Context, o options, out *report, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "troupe-async-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	troupe, err := open(ctx, o, dir, slog.New(slog.NewTextHandler(stderr, nil)))
	if err != nil {
		return err
	}
	// Close has a limit of its own, Config.CloseTimeout, and is needed most when ctx has ended.
	defer func() { err = errors.Join(err, troupe.Close(context.WithoutCancel(ctx))) }()

	e := &example{options: o, report: out, troupe: troupe}
	for _, step := range []func(context.Context) error{
		e.showShards, e.createTables, e.raceForIDs, e.addWeather,
		e.getByKey, e.selectAcrossShards, e.mergeShards, e.selectOnOneShard, e.compareIdentities, e.sendMessages,
		e.streamSlowly,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}
