package demo

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// parse reads the command line. Its errors show no DSN.
func (p Program) parse(s *Stage, args []string, stderr io.Writer) error {
	var dsns []string
	echo := false
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	usage := "put a shard on another database: `id=url` with postgres://… or sqlite:FILE; may be repeated"
	if p.OneDatabase {
		usage = "use the database with this `url`"
	}
	// What is wrong with a -dsn is said after parsing, because the flag package would print the value, password and all.
	flags.Func("dsn", usage, func(value string) error {
		dsns = append(dsns, value)
		return nil
	})
	flags.BoolVar(&echo, "echo", false, "log the SQL that each shard is sent")
	flags.BoolVar(&s.explain, "explain", false, "show which shards statements go to, and how their rows are merged")
	flags.DurationVar(&s.timeout, "timeout", time.Minute, "how long all of it may take")
	if p.Flags != nil {
		p.Flags(flags)
	}
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stderr, p.Usage)
		flags.SetOutput(stderr)
		flags.PrintDefaults()
		return err
	case err != nil:
		return err
	case flags.NArg() > 0:
		return errors.New("there are only flags, no other arguments")
	case s.timeout <= 0:
		return errors.New("-timeout: more than 0")
	}
	s.Log = slog.New(slog.NewTextHandler(stderr, nil))
	if echo {
		s.Echo = s.Log
	}
	if p.OneDatabase {
		s.DSN, err = oneDSN(dsns)
	} else {
		s.DSNs, err = shardDSNs(p.Shards, dsns)
	}
	if err != nil || p.Accept == nil {
		return err
	}
	return p.Accept(s)
}

// shardDSNs reads the values of -dsn, where it is id=url. Its errors don't show them: what looks like an id may be part of a password.
func shardDSNs(shards []messages.ShardID, values []string) (map[messages.ShardID]shardworker.DSN, error) {
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

// oneDSN reads the values of -dsn, where it is a URL.
func oneDSN(values []string) (shardworker.DSN, error) {
	switch {
	case len(values) == 0:
		return "", nil
	case len(values) > 1:
		return "", errors.New("-dsn: there is one database, and so one URL at most")
	case values[0] == "":
		return "", errors.New("-dsn: the URL is empty")
	}
	return shardworker.DSN(values[0]), nil
}
