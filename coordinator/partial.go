package coordinator

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// Outcome is what one shard answered.
type Outcome struct {
	Shard messages.ShardID
	// Done says that the shard ran the statement to its end, and Tag is its command tag then.
	Done bool
	Tag  pgconn.CommandTag
	// Err is why it didn't. Without Done and Err the shard had not answered when the call ended.
	Err error
}

// undone reports whether the statement had no effect on the shard, for certain.
func (o Outcome) undone() bool {
	return o.Err != nil && !errors.Is(o.Err, messages.ErrOutcomeUnknown)
}

// PartialError is the cause of the [messages.ErrOutcomeUnknown] of a statement that may write and went to several shards:
// it took effect on some of them perhaps, and failed on others. errors.As finds it.
type PartialError struct {
	// Outcomes has every shard that the statement went to, in the order in which they were chosen.
	Outcomes []Outcome
	// Err is what ended the call first.
	Err error
}

// Error names the shards by their outcome.
func (e *PartialError) Error() string {
	var done, undone, unknown []string
	for _, o := range e.Outcomes {
		switch {
		case o.Done:
			done = append(done, string(o.Shard))
		case o.undone():
			undone = append(undone, string(o.Shard))
		default:
			unknown = append(unknown, string(o.Shard))
		}
	}
	var parts []string
	for _, p := range []struct {
		shards []string
		what   string
	}{{done, "took effect"}, {undone, "had no effect"}, {unknown, "unknown"}} {
		if len(p.shards) > 0 {
			parts = append(parts, fmt.Sprintf("%s on %s", p.what, strings.Join(p.shards, ", ")))
		}
	}
	return fmt.Sprintf("%s: %v", strings.Join(parts, "; "), e.Err)
}

// Unwrap returns what ended the call first.
func (e *PartialError) Unwrap() error { return e.Err }

// outcomes returns what each shard has answered so far.
func (c *call) outcomes() []Outcome {
	shards, ends := c.stream.Shards(), c.stream.Ends()
	outcomes := make([]Outcome, len(shards))
	for i, shard := range shards {
		outcomes[i].Shard = shard
		if end := ends[i]; end != nil {
			outcomes[i].Done, outcomes[i].Tag, outcomes[i].Err = end.Err == nil, end.Tag, end.Err
		}
	}
	return outcomes
}

// mayBePartial reports whether a failure of the call may leave an effect on some shards only.
func (c *call) mayBePartial() bool {
	return c.stream.Opened() && len(c.targets) > 1 && c.inDoubt()
}

// whole returns err, which ended the call, together with what is known of the other shards if there was an effect on one of
// them perhaps: that of one shard alone would say too little. Who calls it has granted the shards
// the grace to say it.
func (c *call) whole(err error) error {
	if err == nil || !c.mayBePartial() {
		return err
	}
	outcomes := c.outcomes()
	undone := true
	for _, o := range outcomes {
		undone = undone && o.undone()
	}
	if undone {
		return err
	}
	return &messages.Error{Code: messages.ErrOutcomeUnknown, Op: "gather", Err: &PartialError{Outcomes: outcomes, Err: err}}
}
