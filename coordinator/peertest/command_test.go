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

// command is a text that isn't a query or a change of rows, or that isn't understood at all.
type command struct {
	sql     string
	in      messages.Dialect
	refused statement.Code // empty if it isn't SQL of the dialect
}

// A2: what isn't understood is never sent anywhere on a guess. It needs a pin.
var commands = []command{
	{sql: "create table other (k integer)", refused: statement.NotQuery},
	{sql: "create index i on people (name)", refused: statement.NotQuery},
	{sql: "drop table people", refused: statement.NotQuery},
	{sql: "alter table people add column x integer", refused: statement.NotQuery},
	{sql: "truncate people", in: postgres, refused: statement.NotQuery},
	{sql: "vacuum", refused: statement.NotQuery},
	{sql: "analyze", refused: statement.NotQuery},
	{sql: "begin", refused: statement.NotQuery},
	{sql: "commit", refused: statement.NotQuery},
	{sql: "rollback", refused: statement.NotQuery},
	{sql: "savepoint s", refused: statement.NotQuery},
	{sql: "explain select id from people", refused: statement.NotQuery},
	{sql: "explain analyze delete from people", in: postgres, refused: statement.NotQuery},
	{sql: "set search_path = other", in: postgres, refused: statement.NotQuery},
	{sql: "show search_path", in: postgres, refused: statement.NotQuery},
	{sql: "listen news", in: postgres, refused: statement.NotQuery},
	{sql: "lock table people", in: postgres, refused: statement.NotQuery},
	{sql: "prepare q as select id from people", in: postgres, refused: statement.NotQuery},
	{sql: "declare c cursor for select id from people", in: postgres, refused: statement.NotQuery},
	{sql: "copy people to stdout", in: postgres, refused: statement.NotQuery},
	{sql: "do $$ begin delete from people; end $$", in: postgres, refused: statement.NotQuery},
	{sql: "merge into people p using orders o on o.k = p.k when matched then delete", in: postgres, refused: statement.NotQuery},
	{sql: "select id into other from people", in: postgres, refused: statement.Into},
	{sql: "create table other as select id from people", refused: statement.NotQuery},
	{sql: "pragma user_version = 7", in: lite, refused: statement.NotQuery},
	{sql: "attach 'other.db' as other", in: lite, refused: statement.NotQuery},

	{sql: "selekt id from people where k = 1", in: postgres, refused: statement.NotUnderstood},
	{sql: "selekt id from people where k = 1", in: lite},
	{sql: "select id from people where k = 1 and"},
	{sql: "select id from people where k = 1; delete from people"},
	{sql: "select id from people where k = 'unfinished"},
	{sql: "select id from people where k = 1 /* unfinished", in: postgres},
	{sql: ""},
	{sql: "-- nothing"},
}

func TestCommandsAreRefused(t *testing.T) {
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			w := newWorld(t, dialect)
			for _, c := range commands {
				if c.in != 0 && c.in != dialect {
					continue
				}
				t.Run(c.sql, func(t *testing.T) {
					for _, call := range []func(ctx context.Context) error{
						func(ctx context.Context) error { _, err := ask(ctx, w.troupe, c.sql); return err },
						func(ctx context.Context) error { _, err := w.troupe.Exec(ctx, c.sql); return err },
					} {
						ctx, touched := coordinator.WatchTouched(within(t))
						err := call(ctx)
						if c.refused != "" {
							require.ErrorIs(t, err, messages.ErrRefused)
							troupetest.AssertRefused(t, err, c.refused)
						} else {
							require.ErrorIs(t, err, messages.ErrInvalidRequest)
						}
						assert.Empty(t, touched.Calls(), "nothing may be sent")
					}
				})
			}
			w.mustAgree(t)

			// With a pin the text is the database's own business.
			ctx, touched := coordinator.WatchTouched(coordinator.OnShard(within(t), "s2"))
			got, err := ask(ctx, w.troupe, "select count(*) from strangers where exists (select 1 from tags except select 2)")
			require.NoError(t, err)
			assert.Equal(t, []string{"0"}, got.rows)
			assertTouched(t, touched, "s2")
			_, err = ask(coordinator.OnShard(within(t), "s2"), w.troupe, "selekt id from people")
			require.ErrorIs(t, err, messages.ErrStatement, "the database says so itself")
		})
	}
}
