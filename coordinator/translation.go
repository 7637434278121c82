package coordinator

import (
	"context"
	"fmt"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// asIsKey marks the context of a statement of the coordinator's own that is in the database's names already.
type asIsKey struct{}

// translate finds what each target that has Names is sent: the statement in these names. It is refused as a whole if one of them can't
// have it. It doesn't block; calling it again makes no difference.
func (c *call) translate() error {
	t := c.troupe
	if !t.named || c.ctx.Value(asIsKey{}) != nil {
		return nil
	}
	c.translated = nil
	for i, shard := range c.targets {
		if t.cfg.Shards[shard].Names.IsZero() {
			continue
		}
		sql, _ := c.statementFor(i)
		sql, err := t.translated(shard, sql)
		if err != nil {
			return err
		}
		if c.translated == nil {
			c.translated = make([]string, len(c.targets))
		}
		c.translated[i] = sql
	}
	return nil
}

// translated returns a statement in the names of a shard.
func (t *Troupe) translated(shard int, sql string) (string, error) {
	s := &t.cfg.Shards[shard]
	out, err := t.translations.Text(t.dialects[shard], s.Names, sql)
	if err != nil {
		return "", messages.OnShard(err, s.ID, "route", messages.ErrRefused)
	}
	return out, nil
}

// holdRows says that rows have to be held where targets are one SQLite database, which changes for one of them at a time: the rows
// of one wait to be read, and the reader waits until the others have begun.
func (c *call) holdRows() {
	t := c.troupe
	if !c.wantRows || len(c.targets) < 2 || !messages.MayWrite(c.sql) {
		return
	}
	for i, a := range c.targets {
		for _, b := range c.targets[:i] {
			if t.dialects[a] == messages.SQLite && t.databaseOf(a) == t.databaseOf(b) {
				c.held = true
				c.stream.Widen(c.window())
				return
			}
		}
	}
}

// catalogueOf returns what a SQLite shard's sqlite_schema is called.
func (t *Troupe) catalogueOf(shard int) string {
	if schema := t.cfg.Shards[shard].Names.Schema; schema != "" {
		return `"` + schema + `".sqlite_schema`
	}
	return "sqlite_schema"
}

// nameOn returns what a table of a SQLite shard is called there, in lower case.
func (t *Troupe) nameOn(shard int, table string) string {
	return strings.ToLower(t.cfg.Shards[shard].Names.Prefix) + table
}

// timesOf returns sqliteTimes for a shard: with its own tables only, as statements call them.
func (t *Troupe) timesOf(shard int) string {
	names := t.cfg.Shards[shard].Names
	name, of, mine := "m.name", "m.name", "true"
	if names.Prefix != "" { // its grammar has no quotes, and no letters that only Unicode folds
		name = fmt.Sprintf("substr(m.name, %d)", len(names.Prefix)+1)
		mine = fmt.Sprintf("lower(substr(m.name, 1, %d)) = '%s'", len(names.Prefix), strings.ToLower(names.Prefix))
	}
	if names.Schema != "" {
		of = fmt.Sprintf("m.name, '%s'", names.Schema)
	}
	return fmt.Sprintf(sqliteTimes, name, t.catalogueOf(shard), of, mine)
}

// ask runs a statement of the coordinator's own on one shard, for a call that is in flight already. It is in the names of the shard's
// database.
func (t *Troupe) ask(ctx context.Context, shard int, sql string, args ...any) (*Rows, error) {
	return t.askTranslated(context.WithValue(ctx, asIsKey{}, true), shard, sql, args...)
}
