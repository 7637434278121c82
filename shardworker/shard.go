package shardworker

import (
	"fmt"
	"log/slog"

	"github.com/troupedb/troupe/messages"
)

// Shard configures one shard. It has either a DSN or a Backend.
type Shard struct {
	// ID names the shard. It has no default.
	ID messages.ShardID
	// DSN is "postgres://…" (or keywords, as pgx takes them) or "sqlite:FILE". Defaults to none.
	DSN DSN
	// Backend is a database that was opened by postgres.New, sqlite.New or the like. The worker owns it from then on
	// and closes it. Several shards may have one if their Names tell them apart; each gets an equal share of its connections then, at least
	// one for reading. Defaults to what DSN names.
	Backend Backend
	// Names says how the shard's tables are called in its database. Defaults to the names that statements use.
	Names Names
}

// DSN is a data source name. It holds a password perhaps, so it shows itself redacted however it is printed or encoded.
type DSN string

const redacted = "[redacted]"

// Format prints "[redacted]" for every verb.
func (DSN) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String returns "[redacted]".
func (DSN) String() string { return redacted }

// LogValue returns "[redacted]".
func (DSN) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText returns "[redacted]".
func (DSN) MarshalText() ([]byte, error) { return []byte(redacted), nil }
