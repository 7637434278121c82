package peertest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/troupetest"
	"github.com/troupedb/troupe/messages"
)

// choice is what a chooser answers, and what must come of it. R18: an empty list is an IndexError elsewhere, an unknown
// shard a KeyError, and a shard that is named twice has its rows twice.
type choice struct {
	name   string
	sql    string
	choose coordinator.ExecuteChooser
	want   []string
	touch  string
	// fails is the error's code, refused that of a refusal.
	fails   messages.Code
	refused statement.Code
}

func always(ids ...messages.ShardID) coordinator.ExecuteChooser {
	return func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) { return ids, nil }
}

// byTables asks the declared tables.
func byTables(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
	return r.Shards()
}

// byValues is the chooser that most applications need: where the top-level comparisons of a column lead.
func byValues(column string) coordinator.ExecuteChooser {
	return func(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
		values, ok, err := r.Values(column)
		if err != nil || !ok {
			return shards, err
		}
		ids := []messages.ShardID{}
		for _, v := range values {
			ids = append(ids, listedShard[integer(v)])
		}
		return ids, nil
	}
}

var choices = []choice{
	{name: "nothing", sql: "select id from people", choose: always(), fails: messages.ErrChooser},
	{name: "an unknown shard", sql: "select id from people", choose: always("s1", "s9"), fails: messages.ErrUnknownShard},
	{name: "a shard twice", sql: "select id from people where k = 3", choose: always("s3", "s3"), want: []string{"31", "32"}, touch: "s3"},
	{name: "shards twice", sql: "select id from people where k in (2, 3)", choose: always("s3", "s2", "s3", "s2"), want: []string{"21", "22", "31", "32"}, touch: "s2 s3"},
	{name: "shards twice, counted", sql: "select count(*) from people where k in (2, 3)", choose: always("s2", "s3", "s2"), want: []string{"4"}, touch: "s2 s3"},
	{name: "shards twice, in order", sql: "select id from people order by id desc limit 3", choose: always("s4", "s1", "s2", "s3", "s1", "s4"), want: []string{"61", "51", "42"}, touch: "all"},
	{name: "shards for what can't be merged", sql: "select k from orders except select k from people", choose: always("s1", "s2"), refused: statement.SetOperation},
	{name: "one shard for what can't be merged", sql: "select k from orders where k = 3 except select k from people where k = 1", choose: always("s3"), want: []string{"3"}, touch: "s3"},
	{name: "shards for an insert", sql: "insert into people (k, id) values (1, 99) returning id", choose: always("s1", "s2"), want: []string{"99"}, touch: "s1"},
	{name: "shards for several rows", sql: "insert into people (k, id) values (3, 98), (1, 99) returning id", choose: always("s1", "s2", "s3"), want: []string{"98", "99"}, touch: "s1 s3"},
	{name: "other shards for an insert", sql: "insert into people (k, id) values (1, 99)", choose: always("s2", "s3"), fails: messages.ErrInvalidRequest},
	{name: "what the tables say", sql: "select id from people where k = 3 or k = 4", choose: byTables, want: []string{"31", "32", "41", "42"}, touch: "s3 s4"},
	{name: "what the tables refuse", sql: "select p.id from people p cross join orders o", choose: byTables, refused: statement.UnlinkedJoin},
	{name: "by values", sql: "select id from people where k = 3", choose: byValues("k"), want: []string{"31", "32"}, touch: "s3"},
	{name: "by values of IN", sql: "select id from people where k in (3, 4) and age > 0", choose: byValues("k"), want: []string{"31", "32", "41"}, touch: "s3 s4"},
	{name: "by values, or another column", sql: "select id from people where k = 3 or name = 'gus'", choose: byValues("k"), want: []string{"31", "32", "51"}, touch: "all"},
	{name: "by values, or another value", sql: "select id from people where k = 3 or k = 4", choose: byValues("k"), want: []string{"31", "32", "41", "42"}, touch: "all"},
	{name: "by values that aren't", sql: "select count(*) from people where not (k = 3)", choose: byValues("k"), want: []string{"8"}, touch: "all"},
	{name: "by values above", sql: "select count(*) from people where k > 3", choose: byValues("k"), want: []string{"4"}, touch: "all"},
	{name: "by values of an inner query", sql: "select id from people p where k in (select k from orders where k = 3) or p.age = 19", choose: byValues("k"), want: []string{"31", "32", "41"}, touch: "all"},
	{name: "by values that contradict", sql: "select id from people where k = 3 and k = 4", choose: byValues("k"), want: nil, touch: "s3"}, // either will do,
}

func TestChoosers(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			w := newWorld(t, dialect)
			var choose coordinator.ExecuteChooser
			config := w.config
			config.ExecuteChooser = func(ctx context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
				return choose(ctx, r)
			}
			troupe := spawn(t, config)
			for _, c := range choices {
				t.Run(c.name, func(t *testing.T) {
					w.refill(t)
					choose = c.choose
					ctx, touched := coordinator.WatchTouched(within(t))
					got, err := ask(ctx, troupe, c.sql)
					switch {
					case c.fails != "":
						require.ErrorIs(t, err, c.fails)
						assert.Empty(t, touched.Calls(), "nothing may be sent")
					case c.refused != "":
						require.ErrorIs(t, err, messages.ErrRefused)
						troupetest.AssertRefused(t, err, c.refused)
						assert.Empty(t, touched.Calls(), "nothing may be sent")
					default:
						require.NoError(t, err)
						q := question{sql: c.sql}
						assert.Equal(t, q.order(c.want), q.order(got.rows))
						assertTouched(t, touched, c.touch)
						w.mustBeAtHome(t)
					}
				})
			}
		})
	}
}

// TestPins: what holds for lists of choosers holds for those of pins.
func TestPins(t *testing.T) {
	w := newWorld(t, lite)
	count := "select count(*) from people"
	_, err := ask(coordinator.OnShards(within(t), nil), w.troupe, count)
	require.ErrorIs(t, err, messages.ErrNoRoute)
	_, err = ask(coordinator.OnShards(within(t), []messages.ShardID{"s1", "s9"}), w.troupe, count)
	require.ErrorIs(t, err, messages.ErrUnknownShard)
	for _, pinned := range []struct {
		pin  func(context.Context) context.Context
		want string
	}{
		{func(ctx context.Context) context.Context {
			return coordinator.OnShards(ctx, []messages.ShardID{"s3", "s2", "s3"})
		}, "5"},
		{func(ctx context.Context) context.Context { return coordinator.OnShard(ctx, "s1") }, "3"},
		{func(ctx context.Context) context.Context { return coordinator.AllShards(ctx) }, "10"},
	} {
		got, err := ask(pinned.pin(within(t)), w.troupe, count)
		require.NoError(t, err)
		assert.Equal(t, []string{pinned.want}, got.rows)
	}
}
