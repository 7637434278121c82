package sqlite_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// TestScriptThatFailsAfterACommit: the error says that the script is neither done nor undone.
func TestScriptThatFailsAfterACommit(t *testing.T) {
	for _, test := range []struct {
		sql  string
		code messages.Code
		says string // "" if the outcome is known
		rows int64
	}{
		{"insert into t values (1); insert into none values (1)", messages.ErrStatement, "statement 2 of", 1},
		{"select 1; insert into t values (1);; nonsense", messages.ErrStatement, "statement 3 of", 1},
		{"insert into t values (1); insert into t values (1)", messages.ErrStatement, "statement 2 of", 1},
		{"insert into t values (1); insert into t values ($1)", messages.ErrInvalidRequest, "statement 2 of", 1},
		{"begin; insert into t values (1); commit; nonsense", messages.ErrStatement, "statement 4 of", 1},
		{"savepoint s; insert into t values (1); release s; nonsense", messages.ErrStatement, "statement 4 of", 1},
		{"insert into t values (1); begin; insert into t values (2); nonsense", messages.ErrStatement, "statement 4 of", 1},
		{"create table other (a); nonsense", messages.ErrStatement, "statement 2 of", 0},

		{"begin; insert into t values (1); nonsense", messages.ErrStatement, "", 0},
		{"begin immediate; insert into t values (1); nonsense; commit", messages.ErrStatement, "", 0},
		{"begin; insert into t values (1); rollback; nonsense", messages.ErrStatement, "", 0},
		{"begin; select count(*) from t; commit; nonsense", messages.ErrStatement, "", 0},
		{"select 1; select 2; nonsense", messages.ErrStatement, "", 0},
		{"nonsense; insert into t values (1)", messages.ErrStatement, "", 0},
		{"insert into none values (1)", messages.ErrStatement, "", 0},
	} {
		b := memory(t)
		exec(t, b, "create table t (a unique)")
		c := acquire(t, b, writer)
		_, err := c.Exec(background(t), test.sql, nil)
		c.Release()
		require.ErrorIs(t, err, test.code, test.sql)
		if test.says == "" {
			require.NotErrorIs(t, err, messages.ErrOutcomeUnknown, test.sql)
		} else {
			require.ErrorIs(t, err, messages.ErrOutcomeUnknown, test.sql)
			require.ErrorContains(t, err, test.says+" the script failed after others had taken effect", test.sql)
		}
		if test.code == messages.ErrStatement {
			var cause *sqlite.Error
			require.ErrorAs(t, err, &cause, test.sql)
		}
		require.Equal(t, test.rows, one(t, b, "select count(*) from t"), test.sql)
	}
}

func TestScriptThatIsCanceledAfterACommit(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a)")
	ctx, cancel := context.WithTimeout(background(t), 50*time.Millisecond)
	defer cancel()
	_, err := acquire(t, b, writer).Exec(ctx, "insert into t values (1); insert into t "+endless, nil)
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, int64(1), one(t, b, "select count(*) from t"))
}

// TestScriptCommitsWhatWasBegunBefore: the changes needn't be the script's own.
func TestScriptCommitsWhatWasBegunBefore(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a)")
	c := acquire(t, b, writer)
	mustExec(t, c, "begin")
	_, err := c.Exec(background(t), "insert into t values (1)", nil)
	require.NoError(t, err)
	_, err = c.Exec(background(t), "commit; nonsense", nil)
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.Equal(t, int64(1), one(t, b, "select count(*) from t"))
}

// TestOnConnectFailsPlainly: a connection that couldn't be set up is no statement whose outcome somebody waits for.
func TestOnConnectFailsPlainly(t *testing.T) {
	b := open(t, sqlite.Config{Path: t.TempDir() + "/a.db", OnConnect: "pragma user_version = 1; nonsense"})
	_, err := b.Acquire(background(t), writer)
	require.ErrorIs(t, err, messages.ErrStatement)
	require.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
}

// TestScriptHasToEndWhatItBegins: the connection is given back after it, and the changes would be lost without a word.
func TestScriptHasToEndWhatItBegins(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a)")
	for _, script := range []string{"begin; insert into t values (1)", "savepoint s; insert into t values (1)", "begin; insert into t values (1); commit; begin immediate"} {
		c := acquire(t, b, writer)
		_, err := c.Exec(background(t), script, nil)
		require.ErrorContains(t, err, "left a transaction open", script)
		c.Release()
	}
	require.Equal(t, int64(1), one(t, b, "select count(*) from t"), "of the one that had committed it")
}
