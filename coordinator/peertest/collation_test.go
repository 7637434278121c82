package peertest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// words are texts that an English dictionary has in another order than their bytes: a, A, ä, b, B.
const words = `
create table words (k bigint primary key, plain text, dictionary text %english%, fuzzy text %fuzzy%);
`

// wordRows are the rows by key.
var wordRows = map[int64]string{1: "a", 2: "B", 3: "ä", 4: "A", 5: "b", 6: "a"}

// text is a query over words.
type text struct {
	name, sql string
	want      []string
	refused   bool
	// hint is what the refusal has to advise.
	hint string
	// finding is as in question.
	finding int
}

const collateC = `COLLATE "C"`

// C4: the order of texts is the database's, or there is none.
var texts = []text{
	{name: "plain", sql: "select k from words order by plain, k", want: []string{"4", "2", "1", "6", "5", "3"}},
	{name: "a dictionary's order", sql: "select k from words order by dictionary, k", refused: true, hint: collateC},
	{name: "a dictionary's order, descending", sql: "select k from words order by dictionary desc, k", refused: true, hint: collateC},
	{name: "a dictionary's order, second", sql: "select k from words order by plain, dictionary", refused: true, hint: collateC},
	{name: "a dictionary's order, hidden", sql: "select k from words order by upper(dictionary)", refused: true, hint: collateC},
	{name: "a dictionary's order, said otherwise", sql: `select k from words order by dictionary collate "C", k`, want: []string{"4", "2", "1", "6", "5", "3"}},
	{name: "a dictionary's order, asked for", sql: `select k from words order by plain collate "en-x-icu"`, refused: true},
	{name: "a dictionary's order on one shard", sql: "select dictionary from words where k in (1, 5) order by dictionary collate \"en-x-icu\" desc", want: []string{"b", "a"}},
	{name: "min and max", sql: "select min(plain), max(plain) from words", want: []string{"A ä"}},
	{name: "min of a dictionary", sql: "select min(dictionary) from words", refused: true, hint: collateC},
	{name: "max of a dictionary, said otherwise", sql: `select max(dictionary collate "C") from words`, want: []string{"ä"}},
	{name: "distinct words of a dictionary", sql: "select distinct dictionary from words where k <> 3", want: []string{"a", "B", "A", "b"}},
	{name: "distinct words, in a dictionary's order", sql: "select distinct dictionary from words order by dictionary", refused: true, hint: collateC},
	{name: "groups of a dictionary", sql: "select dictionary, count(*) from words group by dictionary order by count(*) desc, min(k)", want: []string{"a 2", "B 1", "ä 1", "A 1", "b 1"}},
	{name: "groups in a dictionary's order", sql: "select dictionary, count(*) from words group by dictionary order by dictionary", refused: true, hint: collateC},
	{name: "distinct words that are alike", sql: "select distinct fuzzy from words", refused: true},
	{name: "groups of words that are alike", sql: "select fuzzy, count(*) from words group by fuzzy", refused: true},
	{name: "a union of words that are alike", sql: "select fuzzy from words where k = 1 union select fuzzy from words where k = 4", refused: true},
	{name: "words that are alike, on one shard", sql: "select count(distinct fuzzy) from words where k in (2, 6)", want: []string{"2"}},
	{name: "plain words of such a table", sql: "select plain, count(*) from words group by plain order by plain", want: []string{"A 1", "B 1", "a 2", "b 1", "ä 1"}},
	{name: "a condition", sql: "select k from words where fuzzy = 'A' order by k", want: []string{"1", "4", "6"}},
}

func TestTextsInOtherCollations(t *testing.T) {
	setup := `create collation alike (provider = icu, locale = 'und-u-ks-level2', deterministic = false);` +
		strings.NewReplacer("%english%", `collate "en-x-icu"`, "%fuzzy%", "collate alike").Replace(words)
	troupe, whole := wordTroupe(t, setup, func() shardworker.DSN { return shardworker.DSN(pgtest.Shared(t).DSN()) })
	for _, q := range texts {
		t.Run(q.name, func(t *testing.T) { q.ask(t, troupe, whole) })
	}
}

// TestDatabasesInOtherCollations: the same where it isn't a column that has the collation, but the whole database.
func TestDatabasesInOtherCollations(t *testing.T) {
	setup := strings.NewReplacer("%english%", "", "%fuzzy%", "").Replace(words)
	cluster := pgtest.Start(t)
	names := []string{"d1", "d2", "d3", "d4", "d5"}
	troupe, whole := wordTroupe(t, setup, func() shardworker.DSN {
		name := names[0]
		names = names[1:]
		require.NoError(t, cluster.Exec("create database "+name+" template template0 encoding 'UTF8' locale_provider icu icu_locale 'en' lc_collate 'C' lc_ctype 'C'"))
		return shardworker.DSN(strings.Replace(cluster.DSN(), "/postgres?", "/"+name+"?", 1))
	})
	for _, q := range []text{
		{name: "order", sql: "select k from words order by plain, k", refused: true, hint: collateC},
		{name: "order, said otherwise", sql: `select k from words order by plain collate "C", k`, want: []string{"4", "2", "1", "6", "5", "3"}},
		{name: "order on one shard", sql: "select plain from words where k = 2 or k = 6 order by plain", want: []string{"a", "B"}},
		{name: "max", sql: "select max(plain) from words", refused: true, hint: collateC},
		{name: "distinct", sql: "select distinct plain from words", want: []string{"a", "B", "ä", "A", "b"}},
		{name: "groups", sql: "select plain, count(*) from words group by plain having count(*) > 1", want: []string{"a 2"}},
		{name: "integers", sql: "select k from words order by k desc", want: []string{"6", "5", "4", "3", "2", "1"}},
	} {
		t.Run(q.name, func(t *testing.T) { q.ask(t, troupe, whole) })
	}
}

// TestTextsOfSQLite: SQLite's own collations are all known.
func TestTextsOfSQLite(t *testing.T) {
	setup := strings.NewReplacer("%english%", "collate nocase", "%fuzzy%", "collate rtrim").Replace(words)
	names := []string{"d1", "d2", "d3", "d4", "d5"}
	troupe, whole := wordTroupe(t, setup, func() shardworker.DSN {
		name := names[0]
		names = names[1:]
		return database(t, lite, name)
	})
	for _, q := range []text{
		{name: "order", sql: "select k from words order by dictionary, k", want: []string{"1", "4", "6", "2", "5", "3"}},
		{name: "order, descending", sql: "select k from words order by dictionary desc, k", want: []string{"3", "2", "5", "1", "4", "6"}},
		{name: "order, said otherwise", sql: "select k from words order by dictionary collate binary, k", want: []string{"4", "2", "1", "6", "5", "3"}},
		{name: "groups", sql: "select count(*), max(k) from words group by dictionary order by dictionary", want: []string{"3 6", "2 5", "1 3"}},
		{name: "distinct", sql: "select count(distinct dictionary), count(distinct plain) from words", want: []string{"3 5"}},
		{name: "max", sql: "select max(dictionary) from words", want: []string{"ä"}},
		{name: "plain", sql: "select plain, count(*) from words group by plain order by plain", want: []string{"A 1", "B 1", "a 2", "b 1", "ä 1"}},
	} {
		t.Run(q.name, func(t *testing.T) { q.ask(t, troupe, whole) })
	}
}

// wordTroupe returns a troupe over four databases with words, and one over a database with all of them.
func wordTroupe(t *testing.T, setup string, dsn func() shardworker.DSN) (troupe, whole *coordinator.Troupe) {
	t.Helper()
	config := quiet()
	for _, id := range shards {
		config.Shards = append(config.Shards, shardworker.Shard{ID: id, DSN: dsn()})
	}
	config.Tables = coordinator.Tables{"words": {Key: "k", Type: coordinator.Integer, Route: byHash}}
	troupe = spawn(t, config)
	whole = spawn(t, quiet(shardworker.Shard{ID: "whole", DSN: dsn()}))
	_, err := troupe.Exec(coordinator.AllShards(within(t)), "select 1")
	require.Error(t, err, "that is no command")
	for _, id := range shards {
		exec(t, troupe, id, setup)
	}
	exec(t, whole, "whole", setup)
	for k, word := range wordRows {
		for _, one := range []*coordinator.Troupe{troupe, whole} {
			_, err := one.Exec(within(t), "insert into words (k, plain, dictionary, fuzzy) values ($1, $2, $2, $2)", k, word)
			require.NoError(t, err)
		}
	}
	return troupe, whole
}

func (q *text) ask(t *testing.T, troupe, whole *coordinator.Troupe) {
	one, err := ask(within(t), whole, q.sql)
	require.NoError(t, err, "the one database")
	skipKnown(t, q.finding)
	order := question{sql: q.sql}
	ctx, touched := coordinator.WatchTouched(within(t))
	got, err := ask(ctx, troupe, q.sql)
	if !q.refused {
		require.Equal(t, order.order(q.want), order.order(one.rows), "the case itself is wrong: the one database says otherwise")
		require.NoError(t, err)
		assert.Equal(t, order.order(q.want), order.order(got.rows))
		return
	}
	require.ErrorIs(t, err, messages.ErrRefused, "answered with %v, one database with %v", got.rows, one.rows)
	assert.ErrorContains(t, err, q.hint)
	assert.Empty(t, got.rows)
	var refusal *statement.Refusal
	require.ErrorAs(t, err, &refusal, "a refusal has a code")
	assert.NotEmpty(t, refusal.Code)
	if refusal.Code == statement.UnmergedValues {
		return // of a whole row's texts it shows only when they come
	}
	t.Run("before anything is sent", func(t *testing.T) {
		assert.Contains(t, refusal.Hint, q.hint)
		assert.Empty(t, touched.Calls(), "nothing may be sent")
	})
}
