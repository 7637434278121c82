package coordinator

import (
	"fmt"

	"github.com/troupedb/troupe/messages"
)

// requireShard routes a call that no pin and no token names a shard for, where Config.RequireShard says that somebody has to: only
// the object that it is loaded from is left to do so.
func (c *call) requireShard() error {
	from := c.options.LoadedFrom
	if from == nil {
		return c.unnamed("")
	}
	if c.identity != nil && c.troupe.cfg.IdentityChooser != nil {
		c.left = askChooser
		return nil
	}
	key, ok := KeyOf(from)
	if !ok {
		return c.unnamed(fmt.Sprintf("; the %T that it is loaded from has no key, for it has no embedded Identity, or was neither read nor written", from))
	}
	return c.choose([]messages.ShardID{key.Shard}, "object that it is loaded from")
}

// unnamed is the error of a call that nobody names a shard for, and says what to do.
func (c *call) unnamed(more string) error {
	todo := "pin it with OnShard, OnShards or AllShards, or set Options.Token"
	if c.identity != nil {
		todo = "say which by WithToken, or pin it with OnShard, OnShards or AllShards"
	}
	return &messages.Error{
		Code: messages.ErrNoRoute, Op: "route", Detail: "RequireShard is configured, and nothing names the shard of this call: " + todo + more,
	}
}
