package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// read is a statement that returns rows.
func read(sql string, args ...any) *shardworker.Shared {
	return &shardworker.Shared{Context: context.Background(), SQL: sql, Args: args, WantRows: true, Limit: 1}
}

// write is a statement that is run for its effect.
func write(sql string, args ...any) *shardworker.Shared {
	return &shardworker.Shared{Context: context.Background(), SQL: sql, Args: args, Limit: 1}
}

// runBatch runs statements on a connection of their own, all of which may be run with each other.
func runBatch(t testing.TB, b *postgres.Backend, batch ...*shardworker.Shared) {
	t.Helper()
	company := b.Company(batch[0].SQL, batch[0].Args, batch[0].WantRows)
	for _, s := range batch {
		require.Equal(t, company, b.Company(s.SQL, s.Args, s.WantRows), s.SQL)
	}
	require.NotEqual(t, shardworker.Alone, company, batch[0].SQL)
	c, err := b.Acquire(background(t), b.Lane(batch[0].SQL, batch[0].WantRows))
	require.NoError(t, err)
	defer c.Release()
	c.(shardworker.BatchConn).RunBatch(background(t), batch)
	for _, s := range batch {
		require.True(t, s.Outcome.Again || s.Leave(), "an outcome of what hasn't begun: %s", s.SQL)
	}
}

// outcome returns what came of a statement as a query by itself would have answered.
func outcome(s *shardworker.Shared) answer {
	a := answer{desc: s.Outcome.Declared, err: s.Outcome.Err}
	for _, batch := range s.Outcome.Batches {
		offset := 0
		for range batch.Rows() {
			row := make([][]byte, len(batch.Description.Fields))
			offset = batch.ReadRow(offset, row)
			a.rows = append(a.rows, row)
		}
	}
	return a
}

func done(t testing.TB, batch ...*shardworker.Shared) {
	t.Helper()
	for _, s := range batch {
		assert.False(t, s.Outcome.Again, s.SQL)
		assert.NoError(t, s.Outcome.Err, s.SQL)
	}
}

func again(t testing.TB, batch ...*shardworker.Shared) {
	t.Helper()
	for _, s := range batch {
		assert.True(t, s.Outcome.Again, s.SQL)
		assert.Nil(t, s.Outcome.Batches, s.SQL)
	}
}

func TestReadsOfABatchGetWhatTheyWouldGetAlone(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	exec(t, b, `create table t (n int primary key, v text); insert into t select i, 'value ' || i from generate_series(1, 100) i`)
	for range 2 { // the first prepares
		var batch []*shardworker.Shared
		for i := range 64 {
			batch = append(batch, read(`select n, v from t where n = $1`, i+50), read(`select v from t where n < $1 order by n`, i))
		}
		runBatch(t, b, batch...)
		done(t, batch...)
		for _, s := range batch {
			alone := query(background(t), b, s.SQL, s.Args...)
			require.NoError(t, alone.err)
			assert.Equal(t, alone, outcome(s))
			assert.Same(t, alone.desc, s.Outcome.Declared, "one description")
			for _, rows := range s.Outcome.Batches {
				assert.Same(t, alone.desc, rows.Description)
			}
			assert.True(t, s.Outcome.Tag.Select())
			assert.EqualValues(t, len(alone.rows), s.Outcome.Tag.RowsAffected())
		}
	}
}

func TestAFailingReadFailsAlone(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	for range 2 { // the first prepares
		bad := []*shardworker.Shared{
			read(`select 1 / $1::int`, 0),
			read(`select * from no_such_table`),
			read(`select 1 +`),
			read(`select $1::int`, "x"),
			read(`select $1::int`, []string{"a-secret"}),
			read(`select $1::int`, 1, 2),
			read(`select 1 / (100 - i) from generate_series(1, 200) i`),
		}
		var batch, good []*shardworker.Shared
		for i, s := range bad {
			good = append(good, read(`select $1::int * 2`, i))
			batch = append(batch, s, good[i])
		}
		runBatch(t, b, batch...)
		done(t, good...)
		for i, s := range good {
			assert.Equal(t, [][][]byte{{{0, 0, 0, byte(2 * i)}}}, outcome(s).rows)
		}
		for _, s := range bad {
			alone := query(background(t), b, s.SQL, s.Args...)
			require.Error(t, alone.err)
			assert.False(t, s.Outcome.Again)
			require.Error(t, s.Outcome.Err, s.SQL)
			assert.Equal(t, alone.err.Error(), s.Outcome.Err.Error())
			assert.Equal(t, sqlState(alone.err), sqlState(s.Outcome.Err))
			assert.NotContains(t, s.Outcome.Err.Error(), "secret")
		}
		assert.ErrorIs(t, bad[0].Outcome.Err, messages.ErrStatement)
		assert.ErrorIs(t, bad[4].Outcome.Err, messages.ErrInvalidRequest)
	}
}

func TestWritesOfABatchCommitTogetherAndFailAlone(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=2", GroupCommit: true})
	exec(t, b, `create table t (n int primary key, v int)`)
	var batch, good, bad []*shardworker.Shared
	for i := range 60 {
		good = append(good, write(`insert into t values ($1, $2)`, i, i))
	}
	bad = append(bad, write(`insert into t values ($1, $2)`, 30, -1), write(`insert into t (n) values ($1)`, 31))
	batch = append(append(batch, good...), bad...)
	runBatch(t, b, batch...)
	done(t, good...)
	for _, s := range bad {
		assert.False(t, s.Outcome.Again)
		assert.ErrorIs(t, s.Outcome.Err, messages.ErrStatement)
		assert.Equal(t, "23505", sqlState(s.Outcome.Err))
	}
	for _, s := range good {
		assert.Equal(t, "INSERT 0 1", s.Outcome.Tag.String())
	}
	assert.Equal(t, "60/1", text(t, b, `select count(*) || '/' || count(distinct xmin::text) from t`))
}

func TestLargeRowsAreNotForABatch(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	pid := read(`select pg_backend_pid()`)
	large := []*shardworker.Shared{
		read(`select repeat('x', $1)`, shardworker.MaxSharedBytes), read(`select repeat('x', 100) from generate_series(1, 1000)`),
	}
	batch := append([]*shardworker.Shared{pid}, append(large, read(`select repeat('x', $1)`, shardworker.MaxSharedBytes-4))...)
	runBatch(t, b, batch...)
	done(t, pid, batch[3])
	again(t, large...)
	before := outcome(pid).rows
	assert.Equal(t, before, query(background(t), b, pid.SQL).rows, "the connection is kept")

	batch = []*shardworker.Shared{read(`select 1`), read(`select generate_series(1, 1000000000)`), read(`select 2`)}
	assert.Less(t, elapsed(func() { runBatch(t, b, batch...) }), 4*soon)
	again(t, batch...)
	assert.NotEqual(t, before, query(background(t), b, pid.SQL).rows)

	small := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN(), MaxRowBytes: 1000})
	batch = []*shardworker.Shared{read(`select 1`), read(`select repeat('x', 2000)`), read(`select 2`)}
	runBatch(t, small, batch...)
	again(t, batch...)
	assert.ErrorIs(t, query(background(t), small, batch[1].SQL).err, messages.ErrRowTooLarge)
}

func TestAConnectionThatWasGivenUpForNothing(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	kept, lost := 0, 0
	for rows := 1105; rows < 1125; rows++ { // around a megabyte
		c := acquire(t, b)
		batch := []*shardworker.Shared{read(`select repeat('x', 1000) from generate_series(1, $1)`, rows), read(`select 1`)}
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		assert.True(t, batch[0].Outcome.Again)
		if pc := c.(interface{ PGX() *pgx.Conn }).PGX(); pc.IsClosed() {
			lost++
		} else {
			kept++
			require.NoError(t, pc.Ping(background(t)), "%d rows", rows)
		}
		c.Release()
	}
	assert.Positive(t, kept)
	assert.Positive(t, lost)
}

func TestABatchAfterTheSchemaHasChanged(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=2"})
	exec(t, b, `create table t (n int); insert into t values (1)`)
	one, two := acquire(t, b), acquire(t, b)
	defer one.Release()
	defer two.Release()
	const star, other = `select * from t where n = $1`, `select t.* from t where n = $1`
	for _, change := range []string{`alter table t add column a text`, `alter table t alter n type bigint`, `drop table t; create table t (n int, z int); insert into t values (1)`} {
		batch := []*shardworker.Shared{read(star, 1), read(`select 1`), read(other, 1)}
		one.(shardworker.BatchConn).RunBatch(background(t), batch)
		done(t, batch[:2]...)
		_, err := two.Exec(background(t), change, nil)
		require.NoError(t, err)
		batch = []*shardworker.Shared{read(star, 1), read(`select 1`), read(other, 1)}
		one.(shardworker.BatchConn).RunBatch(background(t), batch)
		done(t, batch[:2]...) // the last is found out only when it is alone
		assert.NoError(t, batch[2].Outcome.Err)
		for _, s := range batch {
			if !s.Outcome.Again {
				assert.Equal(t, queryOn(background(t), two, s.SQL, s.Args...), outcome(s))
			}
		}
		batch = []*shardworker.Shared{read(star, 1), read(other, 1)}
		one.(shardworker.BatchConn).RunBatch(background(t), batch)
		done(t, batch...)
	}
}

func TestArgumentsAfterTheirTypesHaveChanged(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1", GroupCommit: true})
	const insert = `insert into t values ($1)`
	for _, run := range []func(...any) error{
		func(args ...any) error {
			s := write(insert, args...)
			runBatch(t, b, s)
			return s.Outcome.Err
		},
		func(args ...any) error {
			c := acquire(t, b)
			defer c.Release()
			_, err := c.Exec(background(t), insert, args)
			return err
		},
	} {
		exec(t, b, `drop table if exists t; create table t (v int)`)
		_ = run(1) // it may still be prepared for what was there before
		require.NoError(t, run(1))
		exec(t, b, `alter table t alter v type jsonb using to_jsonb(v)`)
		object := map[string]int{"a": 1}
		assert.ErrorIs(t, run(object), messages.ErrInvalidRequest)
		require.NoError(t, run(object), "it is prepared anew")
	}
}

func TestStatementsThatTheServerHasForgotten(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	c := acquire(t, b)
	defer c.Release()
	for _, forget := range []string{`discard all`, `deallocate all`} {
		batch := []*shardworker.Shared{read(`select $1::int`, 1), read(`select 2`)}
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		done(t, batch...)
		_, err := c.Exec(background(t), forget, nil)
		require.NoError(t, err)
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		done(t, batch[0])
		assert.NoError(t, batch[1].Outcome.Err)
		_, err = c.Exec(background(t), forget, nil)
		require.NoError(t, err)
		require.NoError(t, queryOn(background(t), c, `select $1::int`, 1).err, "it is prepared anew")
		require.NoError(t, c.(interface{ PGX() *pgx.Conn }).PGX().DeallocateAll(background(t)))
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		done(t, batch...)
	}
}

func TestPreparedStatementsAreBounded(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=1&statement_cache_capacity=3"})
	c := acquire(t, b)
	defer c.Release()
	for round := range 4 {
		var batch []*shardworker.Shared
		for i := range 8 {
			batch = append(batch, read(fmt.Sprintf("select %d", (i+round)%10)), read(`select 1`))
		}
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		done(t, batch...)
		for i, s := range batch {
			if i%2 == 0 {
				assert.Equal(t, [][][]byte{{{0, 0, 0, byte((i/2 + round) % 10)}}}, outcome(s).rows)
			}
		}
		for i := range 5 {
			require.NoError(t, queryOn(background(t), c, fmt.Sprintf("select %d", i)).err)
		}
		a := queryOn(background(t), c, `select count(*) from pg_prepared_statements`)
		require.NoError(t, a.err)
		assert.LessOrEqual(t, a.rows[0][0][7], byte(4))
	}
}

func TestUserTypesInABatch(t *testing.T) {
	db := pgtest.Shared(t)
	require.NoError(t, db.Exec(makeTypes))
	b := open(t, postgres.Config{Pool: registering(t, db.DSN())})
	batch := []*shardworker.Shared{
		read(`select 'happy'::mood, row('a', 'sad')::person, '{sad,happy}'::mood[], 'sad'::feeling`), read(`select $1::mood`, "sad"),
	}
	runBatch(t, b, batch...)
	done(t, batch...)
	for _, s := range batch {
		alone := query(background(t), b, s.SQL, s.Args...)
		require.NoError(t, alone.err)
		assert.Equal(t, alone.rows, outcome(s).rows)
		assert.Same(t, alone.desc, s.Outcome.Declared)
		assert.NotEmpty(t, s.Outcome.Declared.Types)
	}
}

func TestRandomReads(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	exec(t, b, `create table t (n int primary key, v text); insert into t select i, 'value ' || i from generate_series(1, 20) i`)
	texts := []string{
		`select n, v from t where n = $1`, `select v from t where n < $1 order by n`, `select 10 / $1::int`, `select count(*) from t where n > $1`,
		`select n / (n - $1) from t order by n`, `select * from missing where n = $1`, `select n, n from t where n = any(array[$1, 3])`, `select from t where n <= $1`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		var batch []*shardworker.Shared
		for range rapid.IntRange(1, 20).Draw(rt, "size") {
			batch = append(batch, read(rapid.SampledFrom(texts).Draw(rt, "sql"), rapid.IntRange(-1, 22).Draw(rt, "n")))
		}
		runBatch(t, b, batch...)
		for _, s := range batch {
			require.False(rt, s.Outcome.Again)
			alone, shared := query(background(t), b, s.SQL, s.Args...), outcome(s)
			require.Equal(rt, sqlState(alone.err), sqlState(shared.err), s.SQL)
			if alone.err == nil {
				require.Equal(rt, alone, shared)
			} else {
				require.Equal(rt, alone.err.Error(), shared.err.Error())
			}
		}
	})
}
