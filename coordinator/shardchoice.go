package coordinator

import (
	"context"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// chooseShard asks the shard chooser, which runs on a goroutine of its own: it may block, and only its caller waits.
func (t *Troupe) chooseShard(ctx context.Context, object any) (messages.ShardID, error) {
	if err := ctx.Err(); err != nil {
		return "", &messages.Error{Code: messages.ErrCanceled, Op: "route", Err: err}
	}
	if t.isClosing() {
		return "", closedError("the troupe is closed")
	}
	asked := &shardChoice{troupe: t, ctx: ctx, object: object}
	t.cfg.System.Go(asked)
	answer := asked.answer.Future()
	select {
	case <-answer.Done():
	case <-ctx.Done():
	case <-t.closing:
	}
	shard, err, answered := answer.Result()
	switch {
	case answered:
		return shard, err
	case ctx.Err() != nil:
		return "", &messages.Error{Code: messages.ErrChooser, Op: "route", Detail: "no answer before the context ended", Err: ctx.Err()}
	default:
		return "", closedError("the troupe was closed")
	}
}

type shardChoice struct {
	troupe *Troupe
	ctx    context.Context
	object any
	answer actors.Promise[messages.ShardID]
}

func (s *shardChoice) Run() {
	shard, err := s.ask()
	s.answer.Resolve(shard, err)
}

func (s *shardChoice) ask() (shard messages.ShardID, err error) {
	defer s.troupe.recoverChooser("shard chooser", &err)
	shard, err = s.troupe.cfg.ShardChooser(s.ctx, s.object)
	return shard, chosen("shard chooser", shard != "", err)
}
