package coordinator

import (
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/troupedb/troupe/messages"
)

// step is what is left to do of a call's routing, on a goroutine of its own because it may block.
type step uint8

const (
	nothing    step = iota // the targets and their statements are known
	askChooser             // and then gather
	askTables              // whose routes call the user's code
	askShards              // how they order texts, and which columns are times
	joinTx                 // the targets have to be enlisted in the call's transaction
)

// preset chooses the shards by everything that doesn't block: pin, token, only shard, tables. What is left is in c.left. It
// runs on the caller's goroutine.
func (c *call) preset() error {
	t, o := c.troupe, c.options
	switch {
	case o.AllShards:
		c.targets = t.everyShard
	case len(o.Shards) > 0:
		return c.choose(o.Shards, "pin")
	case o.Token != "":
		return c.choose([]messages.ShardID{o.Token}, "identity token")
	case t.cfg.RequireShard:
		return c.requireShard()
	case len(t.cfg.Shards) == 1:
		c.targets = c.target[:]
		return nil
	case c.identity != nil && t.cfg.IdentityChooser != nil, c.identity == nil && t.cfg.ExecuteChooser != nil:
		c.left = askChooser
		return nil
	case len(t.cfg.Tables) == 0:
		return &messages.Error{
			Code: messages.ErrNoRoute, Op: "route",
			Detail: "there is no pin, no token, no declared table and no " + c.chooserName() + "; pin the call with OnShard or AllShards",
		}
	case !t.catalogue.pure:
		c.left = askTables
		return nil
	default:
		return c.routeByTables(c.ctx)
	}
	return c.check()
}

// choose sets the targets to the shards that by has named, each once, and finds out how they answer together.
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

// check finds out how several targets answer the statement together, or refuses what they can't answer exactly. One shard may be
// asked anything.
func (c *call) check() error {
	if len(c.targets) < 2 || c.gathers() {
		return nil
	}
	if err := c.understand(c.targets); err != nil {
		return err
	}
	if !c.wantRows && c.options.AllShards {
		return c.everywhere()
	}
	if c.plan().Insert != nil {
		return c.splitAmong()
	}
	return c.prepareGather()
}

// gathers reports whether the coordinator wrote the statement itself, so that its rows are known to need no merge.
func (c *call) gathers() bool { return c.identity != nil && c.identity.Table != "" }

func (c *call) chooserName() string {
	if c.identity != nil {
		return "identity chooser"
	}
	return "execute chooser"
}

// choosing is a call whose routing may block, on a goroutine of its own: only its call waits for it.
type choosing call

func (c *choosing) Run() {
	call := (*call)(c)
	if call.stream.Err() != nil {
		return // nobody waits for it any more
	}
	defer call.recoverRouting()
	err := call.finishRouting()
	if err == nil && call.left == askShards {
		err = call.lookUp()
	}
	if err == nil {
		err = call.translate()
	}
	if err == nil && call.tx != nil {
		err = call.tx.enlist(without(call.ctx), call.targets)
	}
	if err != nil {
		call.stream.Fail(err)
		return
	}
	call.echo()
	call.troupe.self.Notify((*routedCall)(call))
}

// finishRouting asks the user's code, as far as preset has left that. Asking the shards may be left then.
func (c *call) finishRouting() error {
	if c.left == askChooser {
		c.left = nothing
		ids, err := c.ask()
		if err == nil {
			err = c.choose(ids, c.chooserName())
		}
		if err != nil {
			return err
		}
	}
	if c.left == askTables {
		c.left = nothing
		return c.askRoutes()
	}
	return nil
}

// askRoutes is routeByTables where a route is the user's own function.
func (c *call) askRoutes() (err error) {
	defer c.troupe.recoverChooser("route", &err)
	return c.routeByTables(aside(c.ctx))
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
	ctx := aside(c.ctx)
	if c.identity != nil {
		ids, err = c.troupe.cfg.IdentityChooser(ctx, c.identity)
	} else {
		ids, err = c.troupe.cfg.ExecuteChooser(ctx, &StatementRequest{
			SQL: c.sql, Args: c.args, WantRows: c.wantRows, call: c, ctx: ctx,
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
