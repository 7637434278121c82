package shardworker

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// laneless is a backend that is asked for lanes only.
type laneless struct{ Backend }

func (laneless) Lane(string, bool) int { return 0 }

type ends int

func (e *ends) Tell(messages.Message) { *e++ }

// TestQueueForgetsTheCancelled has a lane whose only connection never comes free.
func TestQueueForgetsTheCancelled(t *testing.T) {
	s := &shard{Config: Config{ID: "asia", Backend: laneless{}}, lanes: []lane{{connections: 1}}}
	w := &worker{shard: s, jobs: map[jobKey]*job{}}
	var told ends
	execute := func(id messages.CallID) {
		w.Receive(&messages.Execute{Call: id, Context: context.Background(), ReplyTo: &told, Window: 1})
	}
	for id := messages.CallID(1); id <= 10; id++ {
		execute(id)
	}
	for id := messages.CallID(11); id <= 10_000; id++ {
		execute(id)
		w.Receive(&messages.Cancel{Call: id, Cause: errors.New("gave up")})
		require.LessOrEqual(t, len(s.lanes[0].queue), 100)
	}
	require.EqualValues(t, 9990, told)
	require.Equal(t, 10, s.lanes[0].waiting)
	for i, j := range s.lanes[0].queue[:10] {
		require.EqualValues(t, i+1, j.Call)
	}
}

// TestLostJobsSayWhatIsKnown: a worker that stops cuts off what it has sent.
func TestLostJobsSayWhatIsKnown(t *testing.T) {
	for sql, code := range map[string]messages.Code{
		"select 1":             messages.ErrShardLost,
		"update t set n = n+1": messages.ErrOutcomeUnknown,
	} {
		var got []messages.Message
		j := &job{Execute: messages.Execute{SQL: sql, ReplyTo: collect(&got)}, shard: &shard{Config: Config{ID: "asia"}}}
		j.lose(errors.New("stopped"))
		j.lose(errors.New("again"))
		j.end(answer{})
		require.Len(t, got, 1)
		err := got[0].(*messages.End).Err
		require.ErrorIs(t, err, code)
		require.NotErrorIs(t, err, messages.ErrUnavailable, "which would say that nothing was sent")
	}
}

type collector struct{ to *[]messages.Message }

func collect(to *[]messages.Message) collector { return collector{to} }

func (c collector) Tell(msg messages.Message) { *c.to = append(*c.to, msg) }
