package backendtest

import (
	"github.com/stretchr/testify/require"
)

func queryWithoutRows(f *fixture) {
	f.exec(f.Statements.Create)
	c := f.acquire(f.Statements.Insert, true)
	a := query(f.ctx, c, f.Statements.Insert, int64(1), "one")
	c.Release()
	require.NoError(f, a.err)
	require.Empty(f, a.rows)
	if a.declared != nil {
		require.Empty(f, a.declared.Fields)
	}
	require.True(f, a.tag.Insert(), "tag %q", a.tag)
	require.EqualValues(f, 1, a.tag.RowsAffected(), "tag %q", a.tag)
	f.requireRows(1)
}

func execTags(f *fixture) {
	s := f.Statements
	f.exec(s.Create)
	c := f.acquire(s.Insert, false)
	defer c.Release()
	for _, step := range []struct {
		sql  string
		args []any
		rows int64
	}{
		{s.Insert, []any{int64(1), "one"}, 1},
		{s.Insert, []any{int64(2), ""}, 1},
		{s.Fill, nil, 10},
		{s.Update, nil, 12},
		{s.DeleteNothing, nil, 0},
		{s.Numbers, []any{int64(5)}, 5},
	} {
		tag, err := c.Exec(f.ctx, step.sql, step.args)
		require.NoError(f, err, step.sql)
		require.Equal(f, step.rows, tag.RowsAffected(), "%s: tag %q", step.sql, tag)
		require.Equal(f, step.sql == s.Insert || step.sql == s.Fill, tag.Insert(), "%s: tag %q", step.sql, tag)
		require.Equal(f, step.sql == s.Update, tag.Update(), "%s: tag %q", step.sql, tag)
		require.Equal(f, step.sql == s.DeleteNothing, tag.Delete(), "%s: tag %q", step.sql, tag)
		require.Equal(f, step.sql == s.Numbers, tag.Select(), "%s: tag %q", step.sql, tag)
	}
	f.usable(c)
}

func execSeveral(f *fixture) {
	f.exec(f.Statements.Create)
	f.exec(f.Statements.InsertTwo)
	f.requireRows(2)
	c := f.acquire(f.Statements.InsertTwo, false)
	defer c.Release()
	f.usable(c)

	// With arguments there is one statement only, and the second must not be dropped in silence.
	_, err := c.Exec(f.ctx, f.Statements.Insert+"; "+f.Statements.Update, []any{int64(1), "one"})
	f.requireTyped(err)
	f.usable(c)
}

func returning(f *fixture) {
	f.exec(f.Statements.Create)
	c := f.acquire(f.Statements.InsertReturning, true)
	a := query(f.ctx, c, f.Statements.InsertReturning, int64(7), "seven")
	c.Release()
	require.NoError(f, a.err)
	require.Equal(f, [][]any{{int64(7)}}, a.rows)
	require.True(f, a.tag.Insert(), "tag %q", a.tag)
	require.EqualValues(f, 1, a.tag.RowsAffected(), "tag %q", a.tag)
	f.requireRows(1)
}
