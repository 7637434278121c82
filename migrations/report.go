package migrations

import (
	"fmt"
	"strings"
	"time"

	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/messages"
)

// Report says what became of each shard, in configuration order. It is the caller's.
type Report struct {
	Shards []ShardReport `json:"shards"`
}

// ShardReport says what became of one shard.
type ShardReport struct {
	schema.ShardReport
	// Applied are the migrations that this call has applied, or undone, in their order; also if a later one failed.
	Applied []Applied `json:"applied"`
	// Version is the newest version that is on the shard; Unknown if the shard didn't say.
	Version int64 `json:"version"`
}

// Unknown is the version of a shard that didn't say which it has.
const Unknown = -1

// Applied is one migration on one shard.
type Applied struct {
	Version int64 `json:"version"`
	// File is its name.
	File string `json:"file"`
	// Down says that it was undone.
	Down bool `json:"down,omitempty"`
	// Took is how long it ran.
	Took time.Duration `json:"took"`
}

// Unfinished returns the shards that aren't at the version that was asked for: those that failed, weren't touched, or whose outcome isn't
// known. It is never nil. To migrate them again is safe, since each shard's version table knows what was done; see [Migrate] for files
// without a transaction.
func (r *Report) Unfinished() []messages.ShardID {
	list := []messages.ShardID{}
	for i := range r.Shards {
		if !r.Shards[i].Done {
			list = append(list, r.Shards[i].Shard)
		}
	}
	return list
}

// String returns a line for each shard, and one for each migration of it.
func (r *Report) String() string {
	var b strings.Builder
	for i := range r.Shards {
		s := &r.Shards[i]
		fmt.Fprintf(&b, "%v", &s.ShardReport)
		if s.Version != Unknown {
			fmt.Fprintf(&b, ", at version %d", s.Version)
		}
		b.WriteString("\n")
		for _, a := range s.Applied {
			fmt.Fprintf(&b, "  %s %s in %v\n", map[bool]string{false: "applied", true: "undid"}[a.Down], a.File, a.Took.Round(time.Microsecond))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// String returns the lines of one shard.
func (s *ShardReport) String() string { return (&Report{Shards: []ShardReport{*s}}).String() }
