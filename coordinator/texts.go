package coordinator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/messages"
)

// textsMaxAge is how long what was found out about a shard's collations is believed, unless the troupe itself changes the
// schema there. What another client changes within that time isn't seen.
const textsMaxAge = 10 * time.Second

// shardTexts is what is known of how a shard compares texts.
type shardTexts struct {
	mu struct {
		sync.Mutex
		textFacts
		at         time.Time // when it was asked; zero if it never was
		changes    uint64    // how often the schema may have changed since
		collations map[collationKey]merge.Collation
	}
}

// collationKey is one collation of a statement.
type collationKey struct {
	sql   string
	use   plan.Use
	index int
}

// maxCollations is how many collations of a shard are remembered.
const maxCollations = 1024

// textFacts are how a database compares texts.
type textFacts struct {
	// Default says that a text without a collation of its own compares bytewise.
	Default bool
	// Others says that there may be columns with other collations than the default one.
	Others bool
	// Fuzzy says that there are collations under which different texts are equal.
	Fuzzy bool
}

// known returns what is known of a shard, and false if that is nothing, or too old.
func (s *shardTexts) known() (textFacts, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.textFacts, !s.mu.at.IsZero() && time.Since(s.mu.at) < textsMaxAge
}

// forgetTexts forgets what is known of the targets if the call may change their schema. It is called before the call is sent, and
// when it is over.
func (c *call) forgetTexts() {
	if !c.ddl {
		return
	}
	for _, shard := range c.targets {
		c.troupe.texts[shard].forget()
	}
}

// forget is called when the schema may be changing, and again when it may have changed.
func (s *shardTexts) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.at = time.Time{}
	s.mu.changes++
}

// state returns what learn and remember have to be given: what was asked before a change says nothing of the time after it.
func (s *shardTexts) state() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.changes
}

func (s *shardTexts) learn(f textFacts, state uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.changes != state {
		return
	}
	s.mu.textFacts, s.mu.at = f, time.Now()
	s.mu.collations = map[collationKey]merge.Collation{}
}

func (s *shardTexts) collation(key collationKey) (merge.Collation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.mu.collations[key]
	return c, ok
}

func (s *shardTexts) remember(key collationKey, c merge.Collation, state uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.changes != state || s.mu.collations == nil {
		return
	}
	if len(s.mu.collations) >= maxCollations {
		clear(s.mu.collations)
	}
	s.mu.collations[key] = c
}

// The questions, which answer with the columns of textFacts in order. PostgreSQL before 15 has no datlocprovider; the builtin
// provider, "b", compares bytes whatever its locale. C.UTF-8 of the C library orders by code points, which is by bytes.
// SQLite's only collation that isn't BINARY by declaration has to be written in the schema.
const (
	postgresTexts = `SELECT
	(coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'b'
		OR coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'c' AND upper(d.datcollate) IN ('C', 'POSIX', 'C.UTF-8', 'C.UTF8'))::int4::int8,
	(EXISTS (SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
		WHERE a.attcollation <> 0 AND a.attcollation <> 100 AND a.attnum > 0 AND a.attrelid >= 16384 AND c.relkind IN ('r', 'v', 'm', 'f', 'p')))::int4::int8,
	(EXISTS (SELECT FROM pg_catalog.pg_collation WHERE NOT collisdeterministic))::int4::int8
	FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`
	sqliteTexts = `SELECT 1, count(*) > 0, count(*) > 0 FROM %s WHERE lower(sql) LIKE '%%collate%%'`
)

// textsOf finds out how a shard compares texts, and which columns are times, if that isn't known. It asks the shard, under the call's
// context.
func (t *Troupe) textsOf(ctx context.Context, shard int) (textFacts, error) {
	if f, ok := t.texts[shard].known(); ok {
		return f, nil
	}
	sql := postgresTexts
	if t.dialects[shard] == messages.SQLite {
		sql = fmt.Sprintf(sqliteTexts, t.catalogueOf(shard))
	}
	state := t.texts[shard].state()
	var f textFacts
	rows, err := t.ask(ctx, shard, sql)
	if err == nil {
		var answer struct{ Default, Others, Fuzzy int64 }
		answer, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[struct{ Default, Others, Fuzzy int64 }])
		f = textFacts{Default: answer.Default != 0, Others: answer.Others != 0, Fuzzy: answer.Fuzzy != 0}
	}
	if errors.Is(err, messages.ErrStatement) {
		// It can't be asked: no text can be merged then, and everything else can.
		f, err = textFacts{Others: true, Fuzzy: true}, nil
	}
	if err == nil && t.dialects[shard] == messages.SQLite {
		err = t.askTimes(ctx, shard) // before the facts are known, for they say that the times are
	}
	if err != nil {
		return textFacts{}, t.unanswered(err, shard)
	}
	t.texts[shard].learn(f, state)
	return f, nil
}

// askTranslated is ask for a statement in the names that statements use.
func (t *Troupe) askTranslated(ctx context.Context, shard int, sql string, args ...any) (*Rows, error) {
	ctx = context.WithValue(ctx, choosingKey{}, true)
	ctx = context.WithValue(ctx, pinKey{}, pin{})
	return t.run(ctx, &messages.Query{
		SQL: sql, Args: args, Options: messages.Options{Shards: []messages.ShardID{t.cfg.Shards[shard].ID}},
	})
}

// unanswered returns the error of a question as that of the shard that was asked.
func (t *Troupe) unanswered(err error, shard int) error {
	return messages.OnShard(err, t.cfg.Shards[shard].ID, "collations", messages.ErrProtocol)
}

// collationOf returns the collation of a lookup on a shard where texts may have other collations than the default one. It asks the
// shard, once in a while.
func (c *call) collationOf(ctx context.Context, shard int, l plan.Lookup) (merge.Collation, error) {
	t := c.troupe
	key := collationKey{c.sql, l.Use, l.Index}
	if l.Use == plan.DistinctRow && l.Table != "" {
		key.sql = l.Table + "\x00" + l.Column // there may be several
	}
	if known, ok := t.texts[shard].collation(key); ok {
		return known, nil
	}
	state := t.texts[shard].state()
	var found merge.Collation
	var err error
	if t.dialects[shard] == messages.SQLite {
		found, err = t.declaredCollation(ctx, shard, l.Table, l.Column)
	} else {
		found, err = t.probe(ctx, shard, c.plans[c.dialectOf(shard)].plan.Gather, l, c.args)
	}
	if err == nil {
		t.texts[shard].remember(key, found, state)
	}
	return found, err
}

// probe asks a PostgreSQL shard for a collation.
func (t *Troupe) probe(ctx context.Context, shard int, g *plan.Gather, l plan.Lookup, args []any) (merge.Collation, error) {
	sql, args, ok, err := g.Probe(l, args)
	if err != nil || !ok {
		return merge.CollationUnknown, err
	}
	rows, err := t.askTranslated(ctx, shard, sql, args...)
	if err == nil {
		var answer string
		if answer, err = pgx.CollectExactlyOneRow(rows, pgx.RowTo[string]); err == nil {
			return plan.ParseCollation(answer)
		}
	}
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused) && refused.Code == notCollatable:
		return merge.Bytewise, nil // it is no text, so that it doesn't matter
	case errors.Is(err, messages.ErrStatement):
		return merge.CollationUnknown, nil // it can't be asked
	}
	return merge.CollationUnknown, t.unanswered(err, shard)
}

// notCollatable is the SQLSTATE of a question for the collation of what has none.
const notCollatable = "42804"

const sqliteTables = `SELECT sql FROM %s WHERE type = 'table' AND lower(name) = $1`

// declaredCollation returns the collation of a SQLite column, or of all columns of a table if column is empty.
func (t *Troupe) declaredCollation(ctx context.Context, shard int, table, column string) (merge.Collation, error) {
	if table == "" {
		return merge.CollationUnknown, nil
	}
	rows, err := t.ask(ctx, shard, fmt.Sprintf(sqliteTables, t.catalogueOf(shard)), t.nameOn(shard, table))
	if errors.Is(err, messages.ErrStatement) {
		return merge.CollationUnknown, nil
	}
	var texts []string
	if err == nil {
		texts, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil {
		return merge.CollationUnknown, t.unanswered(err, shard)
	}
	if len(texts) != 1 {
		return merge.CollationUnknown, nil
	}
	declared, ok := sqlite.Collations(texts[0])
	if !ok {
		return merge.CollationUnknown, nil
	}
	if name, has := declared[column]; has {
		return merge.SQLiteCollation(name), nil
	} else if column != "" {
		return merge.CollationUnknown, nil // the table has no such column
	}
	for _, name := range declared {
		if merge.SQLiteCollation(name) != merge.Bytewise {
			return merge.CollationUnknown, nil
		}
	}
	return merge.Bytewise, nil
}
