package ids

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// TableConfig configures a [Table]. It is copied and checked once, by [NewTable].
type TableConfig struct {
	// Shard is where the table is. Defaults to the only shard; where there are several it has to be said.
	Shard messages.ShardID
	// Table is the table's name, unquoted, perhaps with its schema and a dot before. Defaults to "troupe_ids".
	Table string
	// Block is how many ids are taken at once, of which a process that ends loses those that it hasn't used: at most 1,048,576.
	// Defaults to 100.
	Block int
}

const (
	defaultTable = "troupe_ids"
	defaultBlock = 100
	maxBlock     = 1 << 20
	maxNameBytes = 63 // PostgreSQL cuts off what is more
)

func (c TableConfig) withDefaults(t *coordinator.Troupe) (TableConfig, error) {
	if t == nil {
		return c, invalidConfig("no troupe", nil)
	}
	if c.Table == "" {
		c.Table = defaultTable
	}
	if c.Block == 0 {
		c.Block = defaultBlock
	}
	if c.Block < 0 || c.Block > maxBlock {
		return c, invalidConfig(fmt.Sprintf("Block is %d: it must be from 1 to %d", c.Block, maxBlock), nil)
	}
	parts := strings.Split(c.Table, ".")
	if len(parts) > 2 {
		return c, invalidConfig(fmt.Sprintf("Table %q has more than a schema and a name", c.Table), nil)
	}
	for _, part := range parts {
		if part == "" || len(part) > maxNameBytes || strings.ContainsRune(part, 0) {
			return c, invalidConfig(fmt.Sprintf("Table %q is no name of a table of at most %d bytes", c.Table, maxNameBytes), nil)
		}
	}
	if c.Shard == "" {
		shards := t.Shards()
		if len(shards) > 1 {
			return c, invalidConfig(fmt.Sprintf("no Shard, and there are %d", len(shards)), nil)
		}
		c.Shard = shards[0]
	}
	if _, err := t.Shard(c.Shard); err != nil {
		return c, invalidConfig("Shard", err)
	}
	return c, nil
}

func invalidConfig(detail string, cause error) error {
	return &messages.Error{Code: messages.ErrInvalidConfig, Op: "ids", Detail: detail, Err: cause}
}
