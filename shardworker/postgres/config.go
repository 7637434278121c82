package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/messages"
)

const (
	defaultMaxRowBytes    = 64<<20 + 64<<10
	defaultConnectTimeout = 5 * time.Second
)

// Config says where the database is. Exactly one of DSN, Pool and Existing is set. It shows itself redacted however it is
// printed or encoded.
type Config struct {
	// DSN is a connection string as pgxpool.ParseConfig takes it: a URL or keywords, pool_max_conns and the like
	// included. Defaults to none.
	DSN string
	// Pool configures the pool that the backend opens. It is copied; tracers, hooks and TLS settings are kept. Defaults
	// to none.
	Pool *pgxpool.Config
	// Existing is a pool that the caller opened and may go on using. A connection that is cut off while its server
	// doesn't answer costs such a pool nothing, but pgx's goroutine for it can live on for 15 seconds. Defaults to none.
	Existing *pgxpool.Pool
	// CloseExisting makes Close close Existing too. Defaults to false.
	CloseExisting bool
	// MaxRowBytes is the size of the largest row that is accepted, as it is transferred. Defaults to what Pool or
	// Existing have for MaxProtocolMessageBodyLen, else to 64 MiB + 64 KiB.
	MaxRowBytes int
	// ConnectTimeout bounds one attempt to connect to one host. It counts even where the caller's context ends later,
	// because the attempt has a place in the pool. Defaults to what DSN or Pool say, else to 5 seconds; it isn't used
	// with Existing.
	ConnectTimeout time.Duration
	// GroupCommit lets single writes of several callers that wait for the same connection be run in one transaction, which is committed once. None of
	// them is answered before that, and one that fails does so alone. What it changes beside the speed: they see one now(), have one
	// xmin, and hold their locks until all are done; a deferred constraint is checked, and a deferred trigger run, for all of them at the end; and a write that has to
	// wait for a lock holds up the others. Only INSERTs of VALUES, and UPDATEs and DELETEs with a WHERE, of one table and without a subquery are run
	// so; it takes effect where statements are prepared, nothing is traced, and the pool has neither PrepareConn nor BeforeAcquire. Defaults to false.
	GroupCommit bool
}

const redacted = "postgres.Config([redacted])"

// Format prints the same for every verb, without any of the fields.
func (Config) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String returns the same for every Config.
func (Config) String() string { return redacted }

// LogValue returns the same for every Config.
func (Config) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns the same for every Config.
func (Config) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func (c Config) check() error {
	sources := 0
	for _, set := range []bool{c.DSN != "", c.Pool != nil, c.Existing != nil} {
		if set {
			sources++
		}
	}
	switch {
	case sources != 1:
		return invalid("exactly one of DSN, Pool and Existing has to be set")
	case c.CloseExisting && c.Existing == nil:
		return invalid("CloseExisting is set without Existing")
	case c.MaxRowBytes < 0:
		return invalid("MaxRowBytes is negative")
	case c.ConnectTimeout < 0:
		return invalid("ConnectTimeout is negative")
	default:
		return nil
	}
}

func invalid(detail string) *messages.Error {
	return &messages.Error{Code: messages.ErrInvalidConfig, Op: "configure", Detail: detail}
}

// poolConfig returns the configuration of the pool that the backend opens: a copy that may be changed.
func (c Config) poolConfig() (cfg *pgxpool.Config, err error) {
	if c.DSN == "" {
		// pgx panics on a configuration that was not made by its ParseConfig.
		defer func() {
			if recover() != nil {
				cfg, err = nil, invalid("Pool was not made by pgxpool.ParseConfig")
			}
		}()
		return c.Pool.Copy(), nil
	}
	cfg, err = pgxpool.ParseConfig(c.DSN)
	if err != nil {
		return nil, invalid(parseFailure(err))
	}
	hosts := []string{cfg.ConnConfig.Host}
	for _, f := range cfg.ConnConfig.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	for _, host := range hosts {
		// "postgres://user:p@ss@host/": a part of the password would be looked up, and shown in the error.
		if strings.Contains(host, "@") {
			return nil, invalid("the DSN's host contains an @: is one in the password not written as %40?")
		}
	}
	return cfg, nil
}

// parseFailure tells what is wrong with a DSN in words that are pgx's own. The rest of its error quotes the DSN, and where
// the password ends in a broken DSN nobody can say.
func parseFailure(err error) string {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		text := parse.Error()
		text = text[strings.LastIndex(text, "`: ")+1:]
		for _, known := range []string{
			"failed to parse as URL", "failed to parse as keyword/value", "failed to read service",
			"invalid sslcertmode", "invalid connect_timeout", "invalid port", "failed to configure TLS",
			"port numbers to", "target_session_attrs", "min_protocol_version", "max_protocol_version",
			"channel_binding", "require_auth", "statement_cache_capacity", "description_cache_capacity",
			"default_query_exec_mode", "pool_max_conns", "pool_min_conns", "pool_min_idle_conns",
			"pool_max_conn_lifetime_jitter", "pool_max_conn_lifetime", "pool_max_conn_idle_time",
			"pool_health_check_period", "pool_ping_timeout",
		} {
			if strings.Contains(text, known) {
				return "the DSN can't be parsed (" + known + "); it isn't shown, because it may hold a password"
			}
		}
	}
	return "the DSN can't be parsed; it isn't shown, because it may hold a password"
}
