package coordinator

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Config configures a troupe. Only Shards is required. It is copied and checked once, by Spawn.
type Config struct {
	// Shards are the databases, in the order that AllShards and InShardOrder use. It has no default.
	Shards []shardworker.Shard

	// Tables declares tables: where their rows live. Defaults to none: then choosers or pins say where a statement goes, and
	// over several shards it may hold one table only.
	Tables Tables

	// ShardChooser picks the shard that an added object is written to. Defaults to none: Add needs a declared table or a pin then.
	ShardChooser ShardChooser
	// IdentityChooser picks the shards where a primary key is looked for. Defaults to none: Get needs a declared table, a pin
	// or a token.
	IdentityChooser IdentityChooser
	// ExecuteChooser picks the shards that a statement goes to, and has the last word where tables are declared. Defaults to
	// none: a statement needs declared tables or a pin.
	ExecuteChooser ExecuteChooser

	// RequireShard refuses, with messages.ErrNoRoute, every statement, Get and Copy whose shard nobody names: by a pin (AllShards is one), a
	// token (WithToken for Get and Related, Options.Token for any), or the object that rows are loaded from. It holds for one shard
	// as for many. Tables are not asked where a statement goes, they say how several pinned shards answer it; an ExecuteChooser could never be asked,
	// and is refused. The IdentityChooser is asked for what is loaded from an object only, and without one that goes to the object's own shard. Add
	// goes on asking the ShardChooser, or the declared table's route. Defaults to false.
	RequireShard bool

	// System is where the actors live. Defaults to actors.Default(), the process's own.
	System *actors.System
	// Logger is told of panics, forgotten Rows and workers that had to be started anew. Defaults to slog.Default().
	Logger *slog.Logger
	// Echo is told of every statement that is sent to a shard, without its arguments' values. Defaults to none.
	Echo *slog.Logger

	// MaxInFlight is how many calls may be in flight at once. Query and Exec wait for their turn under their context,
	// Send fails with messages.ErrOverloaded. Defaults to 4096.
	MaxInFlight int
	// Window is how many batches each shard may be ahead of the reader. Defaults to DefaultWindow, 4.
	Window int
	// BatchBytes is the size of a full batch, in bytes; a larger row makes its batch larger. Defaults to 64 KiB.
	BatchBytes int
	// MergeBytes is how many bytes a call may hold to merge its shards' rows, where a set must be held: the rows of a DISTINCT,
	// the groups of a GROUP BY. Beyond it the call fails with messages.ErrTooLarge. Defaults to 64 MiB.
	MergeBytes int
	// CloseTimeout is how long Close takes at the most if its context doesn't end before. Defaults to 5 s.
	CloseTimeout time.Duration
}

// DefaultWindow is the default of Config.Window; that of Config.BatchBytes is messages.DefaultBatchBytes.
const DefaultWindow = 4

const (
	defaultMaxInFlight  = 4096
	defaultCloseTimeout = 5 * time.Second
	maxWindow           = 1 << 10
	maxBatchBytes       = 16 << 20
)

func (c Config) withDefaults() (Config, error) {
	if len(c.Shards) == 0 {
		return c, invalidConfig("no shards")
	}
	seen := make(map[messages.ShardID]bool, len(c.Shards))
	var given kin
	for i, s := range c.Shards {
		if err := s.ID.Validate(); err != nil {
			return c, &messages.Error{Code: messages.ErrInvalidConfig, Op: "spawn", Detail: fmt.Sprintf("Shards[%d]", i), Err: err}
		}
		if seen[s.ID] {
			return c, invalidConfig(fmt.Sprintf("Shards[%d]: id %s is used twice", i, s.ID))
		}
		seen[s.ID] = true
		if (s.DSN == "") == (s.Backend == nil) {
			return c, invalidConfig(fmt.Sprintf("shard %s needs either a DSN or a Backend", s.ID))
		}
		if err := s.Names.Validate(); err != nil {
			return c, messages.OnShard(err, s.ID, "spawn", messages.ErrInvalidConfig)
		}
		for _, other := range given.with(i, s.Backend, "") { // its rows would come twice
			if !s.Names.Apart(c.Shards[other].Names) {
				return c, oneDatabase(c.Shards[other], s)
			}
		}
	}
	for name, n := range map[string]int64{
		"MaxInFlight": int64(c.MaxInFlight), "Window": int64(c.Window),
		"BatchBytes": int64(c.BatchBytes), "MergeBytes": int64(c.MergeBytes), "CloseTimeout": int64(c.CloseTimeout),
	} {
		if n < 0 {
			return c, invalidConfig(fmt.Sprintf("%s is negative", name))
		}
	}
	if c.Window > maxWindow || c.BatchBytes > maxBatchBytes {
		return c, invalidConfig(fmt.Sprintf("Window is at most %d and BatchBytes at most %d", maxWindow, maxBatchBytes))
	}
	if c.RequireShard && c.ExecuteChooser != nil {
		return c, invalidConfig("the ExecuteChooser could never be asked, because RequireShard refuses every statement whose shard isn't named; leave one of them out")
	}
	c.Shards = append([]shardworker.Shard(nil), c.Shards...)
	setDefault(&c.MaxInFlight, defaultMaxInFlight)
	setDefault(&c.Window, DefaultWindow)
	setDefault(&c.BatchBytes, messages.DefaultBatchBytes)
	setDefault(&c.MergeBytes, merge.DefaultBudget)
	setDefault(&c.CloseTimeout, defaultCloseTimeout)
	if c.System == nil {
		c.System = actors.Default()
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c, nil
}

func setDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

func invalidConfig(detail string) error {
	return &messages.Error{Code: messages.ErrInvalidConfig, Op: "spawn", Detail: detail}
}
