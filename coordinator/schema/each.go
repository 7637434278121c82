package schema

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// OnEach runs f for each shard that o names, in parallel, with a context that is pinned to the shard, and reports what came of it. An
// error of f makes its shard failed, or unknown if it is [messages.ErrOutcomeUnknown]; a panic of f is its shard's error, [messages.ErrPanic],
// and counts as unknown too. A failed shard stops no other. When ctx ends, no further shard is begun; those that were begun end as f does.
//
// The report is nil only if nothing was begun because of what is wrong with ctx or o: [messages.ErrInvalidRequest],
// [messages.ErrUnknownShard]. Otherwise the error is nil if every shard is done; errors.As finds an [*Incomplete] in it and, by
// messages.ShardErrors, each shard's own error. op names what is done in errors.
func OnEach(ctx context.Context, t *coordinator.Troupe, op string, o Options, f func(context.Context, messages.ShardID) error) (*Report, error) {
	p, err := o.plan(ctx, t, op)
	if err != nil {
		return nil, err
	}
	r := &round{plan: p, op: op, run: f, report: &Report{Shards: make([]ShardReport, len(p.shards))}}
	for i, id := range p.shards {
		r.report.Shards[i].Shard = id
	}
	if len(p.shards) > 0 {
		r.goThrough(ctx)
	}
	return r.report, r.report.err(op)
}

// round is one OnEach. Each shard's report belongs to the goroutine that works on it, and to the caller after the last one has ended.
type round struct {
	*plan
	op     string
	run    func(context.Context, messages.ShardID) error
	report *Report
}

func (r *round) goThrough(ctx context.Context) {
	if r.canary >= 0 {
		r.work(ctx, r.canary)
		if !r.report.Shards[r.canary].Done {
			r.skipOthers(fmt.Sprintf("the canary %s wasn't done", r.shards[r.canary]))
			return
		}
	}
	turns := make(chan struct{}, r.parallel)
	var begun sync.WaitGroup
	for i := range r.shards {
		if i == r.canary {
			continue
		}
		select {
		case <-ctx.Done():
		case turns <- struct{}{}:
		}
		if ctx.Err() != nil {
			r.skip(i, "", context.Cause(ctx))
			continue
		}
		begun.Go(func() {
			defer func() { <-turns }()
			r.work(ctx, i)
		})
	}
	begun.Wait()
}

// work runs f for one shard, and notes what came of it.
func (r *round) work(ctx context.Context, i int) {
	s := &r.report.Shards[i]
	if ctx.Err() != nil {
		r.skip(i, "", context.Cause(ctx))
		return
	}
	begin := time.Now()
	err := r.guarded(coordinator.OnShard(ctx, s.Shard), s.Shard)
	s.Took = time.Since(begin)
	if err == nil {
		s.Done = true
		return
	}
	s.Err = messages.OnShard(err, s.Shard, r.op, messages.ErrStatement)
	s.Unknown = errors.Is(err, messages.ErrOutcomeUnknown)
}

// guarded runs f. A panic of it is an error: what it had done by then isn't known.
func (r *round) guarded(ctx context.Context, shard messages.ShardID) (err error) {
	defer func() {
		if value := recover(); value != nil {
			panicked := &messages.Error{Code: messages.ErrPanic, Shard: shard, Op: r.op, Detail: messages.PanicText(value)}
			err = &messages.Error{Code: messages.ErrOutcomeUnknown, Shard: shard, Op: r.op, Err: panicked}
		}
	}()
	return r.run(ctx, shard)
}

func (r *round) skipOthers(why string) {
	for i := range r.shards {
		if i != r.canary {
			r.skip(i, why, nil)
		}
	}
}

// skip notes that nothing was sent to a shard.
func (r *round) skip(i int, why string, cause error) {
	s := &r.report.Shards[i]
	s.Skipped = true
	s.Err = &messages.Error{Code: messages.ErrCanceled, Shard: s.Shard, Op: r.op, Detail: why, Err: cause}
}
