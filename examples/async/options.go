package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// options are the command line's.
type options struct {
	dsns    map[messages.ShardID]shardworker.DSN // of -dsn; the other shards are files in a temporary directory
	echo    bool
	explain bool
	rows    int
	rest    time.Duration
	timeout time.Duration
}

const usage = `async runs SQL over four shards, SQLite files unless -dsn says otherwise, and checks what it gets.
It drops and creates the tables weather_locations, weather_reports, stream_rows and, on north_america, ids.

`

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	var dsns []string
	flags := flag.NewFlagSet("async", flag.ContinueOnError)
	// What is wrong with a -dsn is said after parsing, because the flag package would print the value, password and all.
	flags.Func("dsn", "put a shard on another database: `id=url` with postgres://… or sqlite:FILE; may be repeated", func(value string) error {
		dsns = append(dsns, value)
		return nil
	})
	flags.BoolVar(&o.echo, "echo", false, "log the SQL that each shard is sent")
	flags.BoolVar(&o.explain, "explain", false, "show which shards statements go to, and how their rows are merged")
	flags.IntVar(&o.rows, "rows", 200_000, "how many `rows` are streamed to the slow reader, at least 4")
	flags.DurationVar(&o.rest, "reader-delay", 10*time.Millisecond, fmt.Sprintf("how long the slow reader rests before every %dth row", rowsPerRest))
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "how long all of it may take")
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stderr, usage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return o, err
	case err != nil:
		return o, err
	case flags.NArg() > 0:
		return o, errors.New("there are only flags, no other arguments")
	case o.rows < len(shards):
		return o, fmt.Errorf("-rows: at least %d, one for each shard", len(shards))
	case o.rest < 0:
		return o, errors.New("-reader-delay: at least 0")
	case o.timeout <= 0:
		return o, errors.New("-timeout: more than 0")
	}
	o.dsns, err = parseDSNs(dsns)
	return o, err
}

// parseDSNs reads the values of -dsn. Its errors don't show them: what looks like an id may be part of a password.
func parseDSNs(values []string) (map[messages.ShardID]shardworker.DSN, error) {
	dsns := map[messages.ShardID]shardworker.DSN{}
	used := map[string]bool{}
	for i, value := range values {
		name, url, ok := strings.Cut(value, "=")
		id := messages.ShardID(name)
		switch {
		case !ok || name == "" || url == "":
			return nil, fmt.Errorf("-dsn no. %d: it is no id=url", i+1)
		case !slices.Contains(shards, id):
			return nil, fmt.Errorf("-dsn no. %d: the id before the = is none of %v", i+1, shards)
		case dsns[id] != "":
			return nil, fmt.Errorf("-dsn no. %d: %s has a URL already", i+1, id)
		case used[url]:
			return nil, fmt.Errorf("-dsn no. %d: %s needs a database of its own, and another shard has this URL", i+1, id)
		}
		dsns[id], used[url] = shardworker.DSN(url), true
	}
	return dsns, nil
}
