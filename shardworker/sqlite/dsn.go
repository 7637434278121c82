package sqlite

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Parse returns the configuration that dsn stands for, or an error with [messages.ErrInvalidConfig]. The grammar:
//
//	dsn       = "sqlite:" place [ "?" parameter { "&" parameter } ]
//	place     = [ "file:" ] path | ":memory:" [ name ] | name            the last with mode=memory
//	parameter = "mode=" ( "rwc" | "rw" | "ro" | "memory" )
//	          | "readers=" number | "busy_timeout=" ( duration | milliseconds ) | "max_row_bytes=" number
//	          | "journal_mode=" word | "synchronous=" word | "foreign_keys=" bool | "group_commit=" bool | "caller_runs=" bool
//	          | "statements=" number | "cache_bytes=" number
//
// A path is relative to the working directory or begins with one slash. A "?", "#" or "%" in it is written %3F, %23, %25.
// ":memory:" without a name is a database of its own for each Backend. Parameters mean the fields of [Config].
func Parse(dsn string) (Config, error) {
	var cfg Config
	rest, ok := strings.CutPrefix(dsn, "sqlite:")
	if !ok {
		return cfg, invalidConfig("a data source name for SQLite begins with %q", "sqlite:")
	}
	place, query, _ := strings.Cut(rest, "?")
	if err := cfg.setParameters(query); err != nil {
		return cfg, err
	}
	return cfg, cfg.setPlace(place)
}

func (cfg *Config) setPlace(place string) error {
	place = strings.TrimPrefix(place, "file:")
	if strings.HasPrefix(place, "//") {
		return invalidConfig("a path begins with one slash or none: sqlite:/var/lib/app.db, sqlite:app.db")
	}
	if strings.IndexByte(place, '#') >= 0 {
		return invalidConfig("a %q in the path is written %%23", "#")
	}
	path, err := url.PathUnescape(place)
	if err != nil {
		return invalidConfig("a %q in the path that begins no escape is written %%25", "%")
	}
	if name, ok := strings.CutPrefix(path, ":memory:"); ok {
		if cfg.Mode != "" && cfg.Mode != Memory {
			return invalidConfig("a database in memory has no mode %q", string(cfg.Mode))
		}
		cfg.Mode, path = Memory, name
	}
	if path == "" && cfg.Mode != Memory {
		return invalidConfig("no path after %q", "sqlite:")
	}
	cfg.Path = path
	return nil
}

func (cfg *Config) setParameters(query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return invalidConfig("the parameters after the %q can't be read", "?")
	}
	for name, given := range values {
		if len(given) != 1 {
			return invalidConfig("parameter %s is given %d times", name, len(given))
		}
		if err := cfg.setParameter(name, given[0]); err != nil {
			return err
		}
	}
	return nil
}

func (cfg *Config) setParameter(name, value string) (err error) {
	switch name {
	case "mode":
		cfg.Mode = Mode(value)
		switch cfg.Mode {
		case ReadWriteCreate, ReadWrite, ReadOnly, Memory:
		default:
			return invalidConfig("mode %q is none of rwc, rw, ro and memory", value)
		}
	case "readers":
		cfg.Readers, err = strconv.Atoi(value)
	case "busy_timeout":
		cfg.BusyTimeout, err = time.ParseDuration(value)
		if ms, e := strconv.Atoi(value); e == nil {
			cfg.BusyTimeout, err = time.Duration(ms)*time.Millisecond, nil
		}
	case "max_row_bytes":
		cfg.MaxRowBytes, err = strconv.Atoi(value)
	case "journal_mode":
		cfg.Journal = value
	case "synchronous":
		cfg.Synchronous = value
	case "foreign_keys":
		var on bool
		on, err = parseSwitch(value)
		cfg.NoForeignKeys = !on
	case "group_commit":
		var on bool
		on, err = parseSwitch(value)
		cfg.NoGroupCommit = !on
	case "caller_runs":
		cfg.CallerRuns, err = parseSwitch(value)
	case "statements":
		cfg.Statements, err = strconv.Atoi(value)
	case "cache_bytes":
		cfg.CacheBytes, err = strconv.Atoi(value)
	default:
		return invalidConfig("there is no parameter %q", name)
	}
	if err != nil {
		return invalidConfig("parameter %s can't be %q", name, value)
	}
	return nil
}

func parseSwitch(value string) (bool, error) {
	switch strings.ToLower(value) {
	case "on", "yes":
		return true, nil
	case "off", "no":
		return false, nil
	default:
		return strconv.ParseBool(value)
	}
}
