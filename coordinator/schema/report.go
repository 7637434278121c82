package schema

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/troupedb/troupe/messages"
)

// Report says what became of each shard, in configuration order. It is the caller's.
type Report struct {
	Shards []ShardReport `json:"shards"`
}

// ShardReport says what became of one shard. Done, Unknown and Skipped exclude each other; a shard that is none of them has failed, and
// nothing has changed on it.
type ShardReport struct {
	Shard messages.ShardID `json:"shard"`
	// Done says that the change is there.
	Done bool `json:"done"`
	// Unknown says that the change is there, or isn't, or is in part: look before trying again. Err is then [messages.ErrOutcomeUnknown].
	Unknown bool `json:"unknown,omitempty"`
	// Skipped says that the shard wasn't touched: its turn didn't come before the canary failed or the context ended.
	Skipped bool `json:"skipped,omitempty"`
	// Err says why it isn't done, and names the shard; nil if it is.
	Err error `json:"error,omitempty"`
	// Took is how long the shard was worked on.
	Took time.Duration `json:"took"`
}

// Failed returns the shards that the change is surely not on: pass it as [Options.Shards] to go on. It is never nil.
func (r *Report) Failed() []messages.ShardID {
	return r.which(func(s *ShardReport) bool { return !s.Done && !s.Unknown })
}

// Unknown returns the shards that the change is on, or isn't, or is in part. It is never nil.
func (r *Report) Unknown() []messages.ShardID {
	return r.which(func(s *ShardReport) bool { return s.Unknown })
}

// Done returns the shards that the change is on. It is never nil.
func (r *Report) Done() []messages.ShardID {
	return r.which(func(s *ShardReport) bool { return s.Done })
}

func (r *Report) which(is func(*ShardReport) bool) []messages.ShardID {
	list := []messages.ShardID{}
	for i := range r.Shards {
		if is(&r.Shards[i]) {
			list = append(list, r.Shards[i].Shard)
		}
	}
	return list
}

// String returns a line for each shard.
func (r *Report) String() string {
	var b strings.Builder
	for i := range r.Shards {
		fmt.Fprintln(&b, r.Shards[i].String())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// String returns one line: the shard, what became of it, and how long that took.
func (s *ShardReport) String() string {
	word := "failed"
	switch {
	case s.Done:
		return fmt.Sprintf("%s: done in %v", s.Shard, s.Took.Round(time.Microsecond))
	case s.Skipped:
		return fmt.Sprintf("%s: skipped: %v", s.Shard, s.Err)
	case s.Unknown:
		word = "unknown"
	}
	return fmt.Sprintf("%s: %s after %v: %v", s.Shard, word, s.Took.Round(time.Microsecond), s.Err)
}

// Incomplete is the cause of the error of a call that isn't done on every shard: errors.As finds it, with the whole report.
type Incomplete struct {
	Report *Report
}

// Error names the shards that aren't done, and why.
func (e *Incomplete) Error() string {
	var parts []string
	for i := range e.Report.Shards {
		if s := &e.Report.Shards[i]; !s.Done && !s.Skipped {
			parts = append(parts, s.Err.Error())
		}
	}
	if skipped := len(e.Report.which(func(s *ShardReport) bool { return s.Skipped })); skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d not touched", skipped))
	}
	return strings.Join(parts, "; ")
}

// Unwrap returns the errors of the shards that aren't done.
func (e *Incomplete) Unwrap() []error {
	var list []error
	for i := range e.Report.Shards {
		if err := e.Report.Shards[i].Err; err != nil {
			list = append(list, err)
		}
	}
	return list
}

// err returns what the call returns: nil if all shards are done. Its code is ErrOutcomeUnknown if any shard's outcome is not known,
// ErrPartialCommit if some are done, and otherwise that of the first shard that failed.
func (r *Report) err(op string) error {
	done := len(r.Done())
	if done == len(r.Shards) {
		return nil
	}
	failure := &messages.Error{Op: op, Err: &Incomplete{r}, Detail: fmt.Sprintf("%d of %d shards done", done, len(r.Shards))}
	switch {
	case len(r.Unknown()) > 0:
		failure.Code = messages.ErrOutcomeUnknown
	case done > 0:
		failure.Code = messages.ErrPartialCommit
	default:
		failure.Code = r.firstCode()
	}
	return failure
}

// firstCode returns the code of the first shard that was touched and failed, or else of the first.
func (r *Report) firstCode() messages.Code {
	first := &r.Shards[0]
	for i := range r.Shards {
		if s := &r.Shards[i]; !s.Skipped {
			first = s
			break
		}
	}
	var e *messages.Error
	if errors.As(first.Err, &e) {
		return e.Code
	}
	return messages.ErrStatement
}
