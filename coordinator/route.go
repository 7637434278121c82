package coordinator

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// preset chooses the shards by everything that comes before a chooser: pin, token, only shard. Without any, targets stay
// nil. It runs on the caller's goroutine.
func (c *call) preset() error {
	t, o := c.troupe, c.options
	switch {
	case o.AllShards:
		c.targets = make([]int, len(t.cfg.Shards))
		for i := range c.targets {
			c.targets[i] = i
		}
	case len(o.Shards) > 0:
		return c.choose(o.Shards, "pin")
	case o.Token != "":
		return c.choose([]messages.ShardID{o.Token}, "identity token")
	case len(t.cfg.Shards) == 1:
		c.targets = c.target[:]
	case c.identity != nil && t.cfg.IdentityChooser == nil, c.identity == nil && t.cfg.ExecuteChooser == nil:
		return &messages.Error{
			Code: messages.ErrNoRoute, Op: "route",
			Detail: "there is no pin, no token and no " + c.chooserName() + "; pin the call with OnShard or AllShards",
		}
	default:
		c.asks = true
		return nil
	}
	return c.check()
}

// choose sets the targets to the shards that by has named, each once, and checks that they can answer the statement.
func (c *call) choose(ids []messages.ShardID, by string) error {
	targets := c.target[:0]
	if len(ids) > 1 {
		targets = make([]int, 0, len(ids))
	}
	for n, id := range ids {
		shard, ok := c.troupe.index[id]
		if !ok {
			return &messages.Error{Code: messages.ErrUnknownShard, Shard: id, Op: "route", Detail: fmt.Sprintf("the %s names it", by)}
		}
		if !slices.Contains(ids[:n], id) {
			targets = append(targets, shard)
		}
	}
	c.targets = targets
	return c.check()
}

// check refuses what several shards can't answer exactly. One shard may be asked anything.
func (c *call) check() error {
	if len(c.targets) < 2 {
		return nil
	}
	if c.options.Single {
		return &messages.Error{
			Code: messages.ErrRefused, Op: "route",
			Detail: fmt.Sprintf("QueryRow would take one row of %d shards' answers; use Query, or pin it to a shard", len(c.targets)),
		}
	}
	if c.gathers() {
		return nil
	}
	checked := map[messages.Dialect]bool{}
	for _, shard := range c.targets {
		dialect := c.troupe.dialects[shard]
		if checked[dialect] {
			continue
		}
		checked[dialect] = true
		s, err := c.troupe.parse(dialect, c.sql)
		if err != nil {
			return err
		}
		refusal := s.Scatter()
		if !c.wantRows && c.options.AllShards {
			refusal = s.ScatterEverywhere()
		}
		if refusal != nil {
			return refusal
		}
	}
	return nil
}

// gathers reports whether the coordinator wrote the statement itself, so that it is known to gather exactly.
func (c *call) gathers() bool { return c.identity != nil && c.identity.Table != "" }

func (c *call) chooserName() string {
	if c.identity != nil {
		return "identity chooser"
	}
	return "execute chooser"
}

// choosing is a call whose chooser is asked, on a goroutine of its own: it may block, and only its call waits for it.
type choosing call

func (c *choosing) Run() {
	call := (*call)(c)
	if call.stream.Err() != nil {
		return // nobody waits for it any more
	}
	defer call.recoverRouting()
	ids, err := call.ask()
	if err == nil {
		err = call.choose(ids, call.chooserName())
	}
	if err != nil {
		call.stream.Fail(err)
		return
	}
	call.echo()
	call.troupe.self.Notify((*routedCall)(call))
}

// recoverRouting fails the call when the log handler that echoes it panics: nobody else is on this goroutine to notice.
func (c *call) recoverRouting() {
	if value := recover(); value != nil {
		c.stream.Fail(&messages.Error{Code: messages.ErrPanic, Op: "route", Detail: messages.PanicText(value)})
	}
}

// ask calls the chooser.
func (c *call) ask() (ids []messages.ShardID, err error) {
	defer c.troupe.recoverChooser(c.chooserName(), &err)
	ctx := context.WithValue(c.ctx, choosingKey{}, true)
	if c.identity != nil {
		ids, err = c.troupe.cfg.IdentityChooser(ctx, c.identity)
	} else {
		ids, err = c.troupe.cfg.ExecuteChooser(ctx, &StatementRequest{
			SQL: c.sql, Args: c.args, WantRows: c.wantRows, parse: c.parse,
		})
	}
	return ids, chosen(c.chooserName(), len(ids) > 0, err)
}

// chosen returns the error of a chooser that failed or chose nothing.
func chosen(name string, some bool, err error) error {
	switch {
	case err != nil:
		return &messages.Error{Code: messages.ErrChooser, Op: "route", Detail: "the " + name + " failed", Err: err}
	case !some:
		return &messages.Error{Code: messages.ErrChooser, Op: "route", Detail: "the " + name + " chose no shard"}
	}
	return nil
}

// recoverChooser turns a chooser's panic into its error.
func (t *Troupe) recoverChooser(name string, err *error) {
	value := recover()
	if value == nil {
		return
	}
	t.cfg.Logger.Error("a chooser panicked", "chooser", name, "panic", messages.PanicText(value), "stack", string(debug.Stack()))
	*err = &messages.Error{Code: messages.ErrChooser, Op: "route", Detail: fmt.Sprintf("the %s panicked: %s", name, messages.PanicText(value))}
}

// parse understands the statement in the shards' dialect, for the execute chooser.
func (c *call) parse() (*statement.Statement, error) {
	if c.troupe.mixed {
		return nil, &messages.Error{
			Code: messages.ErrRefused, Op: "route",
			Detail: "comparisons of a statement for shards of several dialects are not understood yet; pin it, or choose by something else",
		}
	}
	return c.troupe.parse(c.troupe.dialects[0], c.sql)
}

// parse understands a text, remembered. A parser that panics costs its own call only.
func (t *Troupe) parse(dialect messages.Dialect, sql string) (s *statement.Statement, err error) {
	defer func() {
		if value := recover(); value != nil {
			t.cfg.Logger.Error("the parser panicked", "panic", messages.PanicText(value), "stack", string(debug.Stack()))
			err = &messages.Error{Code: messages.ErrPanic, Op: "parse", Detail: messages.PanicText(value)}
		}
	}()
	return t.parsed.Parse(dialect, sql)
}
