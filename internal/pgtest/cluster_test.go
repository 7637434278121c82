package pgtest_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

func TestClusterSurvivesItsFaults(t *testing.T) {
	c := pgtest.Start(t, pgtest.MaxConnections(20), pgtest.MaxPreparedTransactions(3))
	dsn := c.DSN()
	require.NoError(t, c.Exec(`create table t (n int); insert into t values (1), (2); checkpoint`))

	for name, fault := range map[string]func() error{
		"stopped":           func() error { return c.Stop(false) },
		"crashed":           func() error { return c.Stop(true) },
		"killed":            c.Kill9,
		"frozen and killed": func() error { require.NoError(t, c.Freeze()); return c.Kill9() },
	} {
		require.NoError(t, fault(), name)
		require.Error(t, c.Exec(`select 1`), name)
		require.NoError(t, c.StartAgain(), name)
		n, err := c.QueryInt(`select sum(n) from t`)
		require.NoError(t, err, name)
		assert.Equal(t, 3, n, name)
	}
	require.NoError(t, c.Restart())
	assert.Equal(t, dsn, c.DSN())

	n, err := c.QueryInt(`select current_setting('max_prepared_transactions')::int`)
	require.NoError(t, err)
	assert.Equal(t, 3, n)
}

func TestClosingRemovesTheFiles(t *testing.T) {
	c := pgtest.Start(t)
	require.DirExists(t, c.DataDirectory())
	require.NoError(t, c.Close())
	require.NoError(t, c.Close())
	_, err := os.Stat(c.DataDirectory())
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.Error(t, c.StartAgain())
}

func TestSharedDatabasesAreApart(t *testing.T) {
	a, b := pgtest.Shared(t), pgtest.Shared(t)
	require.NotEqual(t, a.Name(), b.Name())
	require.NoError(t, a.Exec(`create table only_here (n int)`))
	require.Error(t, b.Exec(`select * from only_here`))

	n, err := a.Backends()
	require.NoError(t, err)
	assert.Zero(t, n)
	n, err = a.TerminateBackends()
	require.NoError(t, err)
	assert.Zero(t, n)
}
