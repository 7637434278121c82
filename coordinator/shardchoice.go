package coordinator

import (
	"context"
	"fmt"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// ShardFor returns the shard that object, a pointer to a mapped struct, is written to: the pin's, the only one there is, the shard
// chooser's, or where the declared table's route says for the object's key columns. Nothing is sent. It is ErrNoRoute if none of
// them says something, ErrInvalidRequest if the pin names several shards, if a column of the declared key isn't mapped or is
// given by the database, or if the key lives nowhere, and ErrRefused for a reference table, which is on every shard.
func (t *Troupe) ShardFor(ctx context.Context, object any) (messages.ShardID, error) {
	p := pinOf(ctx)
	switch {
	case p.nowhere:
		return "", errNowhere
	case p.all, len(p.shards) > 1:
		return "", &messages.Error{Code: messages.ErrInvalidRequest, Op: "add", Detail: "an object lives on one shard, and the pin names several"}
	case len(p.shards) == 1:
		return t.known(p.shards[0], "pin")
	case len(t.cfg.Shards) == 1:
		return t.cfg.Shards[0].ID, nil
	case t.cfg.ShardChooser == nil:
		return t.declaredFor(ctx, object)
	}
	shard, err := t.chooseShard(ctx, object)
	if err != nil {
		return "", err
	}
	return t.known(shard, "shard chooser")
}

func (t *Troupe) declaredFor(ctx context.Context, object any) (messages.ShardID, error) {
	if len(t.cfg.Tables) == 0 {
		return "", &messages.Error{Code: messages.ErrNoRoute, Op: "add", Detail: "there is no pin, no declared table and no shard chooser"}
	}
	shard, declared, err := t.DeclaredShard(ctx, object)
	if err == nil && !declared {
		err = &messages.Error{
			Code: messages.ErrNoRoute, Op: "add",
			Detail: fmt.Sprintf("the table of a %T isn't declared, and there is no pin and no shard chooser", object),
		}
	}
	return shard, err
}

func (t *Troupe) known(shard messages.ShardID, by string) (messages.ShardID, error) {
	if _, ok := t.index[shard]; !ok {
		return "", &messages.Error{Code: messages.ErrUnknownShard, Shard: shard, Op: "route", Detail: fmt.Sprintf("the %s names it", by)}
	}
	return shard, nil
}

func (t *Troupe) chooseShard(ctx context.Context, object any) (messages.ShardID, error) {
	return t.askAside(ctx, "shard chooser", func(ctx context.Context) (messages.ShardID, error) {
		shard, err := t.cfg.ShardChooser(ctx, object)
		return shard, chosen("shard chooser", shard != "", err)
	})
}

// askAside asks the user's code on a goroutine of its own: it may block, and only its caller waits.
func (t *Troupe) askAside(ctx context.Context, name string, ask func(context.Context) (messages.ShardID, error)) (messages.ShardID, error) {
	if err := ctx.Err(); err != nil {
		return "", &messages.Error{Code: messages.ErrCanceled, Op: "route", Err: err}
	}
	if err := t.open(); err != nil {
		return "", err
	}
	asked := &shardChoice{troupe: t, ctx: ctx, name: name, ask: ask}
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
	name   string
	ask    func(context.Context) (messages.ShardID, error)
	answer actors.Promise[messages.ShardID]
}

func (s *shardChoice) Run() {
	shard, err := s.guarded()
	s.answer.Resolve(shard, err)
}

func (s *shardChoice) guarded() (shard messages.ShardID, err error) {
	defer s.troupe.recoverChooser(s.name, &err)
	return s.ask(WithTx(s.ctx, nil))
}
