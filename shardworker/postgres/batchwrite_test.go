package postgres_test

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

func grouping(t testing.TB) *postgres.Backend {
	return open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=2", GroupCommit: true})
}

func TestADeferredConstraintFailsForWhomItConcerns(t *testing.T) {
	b := grouping(t)
	exec(t, b, `create table t (n int unique deferrable initially deferred)`)
	var batch []*shardworker.Shared
	for _, n := range []int{1, 2, 2, 3} {
		batch = append(batch, write(`insert into t values ($1)`, n))
	}
	runBatch(t, b, batch...)
	done(t, batch[0], batch[1], batch[3])
	assert.False(t, batch[2].Outcome.Again)
	assert.Equal(t, "23505", sqlState(batch[2].Outcome.Err))
	assert.Equal(t, "1,2,3", text(t, b, `select string_agg(n::text, ',' order by n) from t`))
}

func TestManyFailingWrites(t *testing.T) {
	b := grouping(t)
	exec(t, b, `create table t (n int primary key)`)
	var batch []*shardworker.Shared
	for i := range 64 {
		batch = append(batch, write(`insert into t values ($1)`, i/4))
	}
	runBatch(t, b, batch...)
	good := 0
	for _, s := range batch {
		assert.False(t, s.Outcome.Again)
		if s.Outcome.Err == nil {
			good++
			continue
		}
		assert.Equal(t, "23505", sqlState(s.Outcome.Err))
	}
	assert.Equal(t, 16, good)
	assert.Equal(t, "16", text(t, b, `select count(*)::text from t`))
}

func TestWritesThatReturnRows(t *testing.T) {
	b := grouping(t)
	exec(t, b, `create table t (n int primary key generated always as identity, v text)`)
	const insert = `insert into t (v) values ($1) returning n, v`
	batch := []*shardworker.Shared{read(insert, "a"), write(`update t set v = $1 where n = 1`, "b"), read(insert, "c"), read(`delete from t where n = 17`)}
	runBatch(t, b, batch...)
	done(t, batch...)
	assert.Equal(t, [][][]byte{{{0, 0, 0, 1}, []byte("a")}}, outcome(batch[0]).rows)
	assert.Equal(t, [][][]byte{{{0, 0, 0, 2}, []byte("c")}}, outcome(batch[2]).rows)
	assert.Empty(t, outcome(batch[3]).rows)
	assert.NotNil(t, batch[3].Outcome.Declared)
	assert.Equal(t, "UPDATE 1", batch[1].Outcome.Tag.String())
	assert.Equal(t, "1/b 2/c", text(t, b, `select string_agg(n || '/' || v, ' ' order by n) from t`))

	large := read(insert, strings.Repeat("x", shardworker.MaxSharedBytes))
	batch = []*shardworker.Shared{read(insert, "d"), large, write(`delete from t where n = 1`)}
	runBatch(t, b, batch...)
	again(t, large)
	done(t, batch[0], batch[2])
	assert.Equal(t, "b=0 c=1 d=1 x=0", text(t, b, `select format('b=%s c=%s d=%s x=%s', count(*) filter (where v = 'b'),
		count(*) filter (where v = 'c'), count(*) filter (where v = 'd'), count(*) filter (where v like 'x%')) from t`))

	failing := read(`insert into t (v) values ($1) returning 1 / (n - n)`, "e")
	batch = []*shardworker.Shared{read(insert, "f"), failing, read(insert, "g")}
	runBatch(t, b, batch...)
	done(t, batch[0], batch[2])
	again(t, failing)
	assert.Equal(t, "2", text(t, b, `select count(*)::text from t where v in ('e', 'f', 'g')`))
}

type panics struct{}

func (panics) Value() (driver.Value, error) { panic("a-secret") }

func TestArgumentsOfABatchThatCantBeSent(t *testing.T) {
	b := grouping(t)
	exec(t, b, `create table t (n int, v text)`)
	const insert = `insert into t (n, v) values ($1, $2)`
	batch := []*shardworker.Shared{
		write(insert, 1, "a"), write(insert, 1), write(insert, []string{"x"}, "b"), write(insert, 1, panics{}),
		write(insert, 2, "c"), write(`insert into t (m) values (1)`), write(`insert into u values (1)`), write(`insert into t (n,) values (1)`),
	}
	runBatch(t, b, batch...)
	done(t, batch[0], batch[4])
	for i, code := range map[int]messages.Code{
		1: messages.ErrInvalidRequest, 2: messages.ErrInvalidRequest, 3: messages.ErrPanic, 5: messages.ErrStatement, 6: messages.ErrStatement, 7: messages.ErrStatement,
	} {
		assert.False(t, batch[i].Outcome.Again)
		assert.ErrorIs(t, batch[i].Outcome.Err, code, i)
	}
	assert.Equal(t, "2", text(t, b, `select count(*)::text from t`))
}

// TestRandomWrites runs batches of random writes, whose outcomes and effects have to be those of some order in which each ran alone.
func TestRandomWrites(t *testing.T) {
	b := grouping(t)
	exec(t, b, `create table t (n int primary key, u int unique deferrable initially deferred, v int check (v < 5))`)
	rapid.Check(t, func(rt *rapid.T) {
		exec(t, b, `truncate t`)
		type row struct{ u, v int }
		want := map[int]row{} // what was acknowledged
		size := rapid.IntRange(1, 12).Draw(rt, "size")
		var batch []*shardworker.Shared
		returning := rapid.Bool().Draw(rt, "returning")
		for range size {
			n, u, v := rapid.IntRange(1, 6).Draw(rt, "n"), rapid.IntRange(1, 6).Draw(rt, "u"), rapid.IntRange(1, 6).Draw(rt, "v")
			insert := `insert into t values ($1, $2, $3)`
			if returning && rapid.Bool().Draw(rt, "returns") {
				batch = append(batch, read(insert+` returning n`, n, u, v))
			} else {
				batch = append(batch, write(insert, n, u, v))
			}
		}
		runBatch(t, b, batch...)
		taken := map[int]bool{}
		for _, s := range batch {
			n, u, v := s.Args[0].(int), s.Args[1].(int), s.Args[2].(int)
			switch {
			case s.Outcome.Again:
				require.True(rt, s.WantRows)
			case s.Outcome.Err == nil:
				_, twice := want[n]
				require.False(rt, twice || taken[u] || v >= 5, "%v", s.Args)
				want[n], taken[u] = row{u, v}, true
				if s.WantRows {
					require.Len(rt, outcome(s).rows, 1)
				}
			case v >= 5:
				require.Equal(rt, "23514", sqlState(s.Outcome.Err))
			default:
				require.Equal(rt, "23505", sqlState(s.Outcome.Err))
			}
		}
		for _, s := range batch { // a failure has a reason that is there at the end: nothing is deleted
			if s.Outcome.Err != nil && sqlState(s.Outcome.Err) == "23505" {
				_, known := want[s.Args[0].(int)]
				require.True(rt, known || taken[s.Args[1].(int)], "%v failed because of nothing", s.Args)
			}
		}
		rows := query(background(t), b, `select format('%s %s %s', n, u, v) from t`)
		require.NoError(rt, rows.err)
		require.Len(rt, rows.rows, len(want))
		for _, r := range rows.rows {
			var n, u, v int
			_, err := fmt.Sscan(string(r[0]), &n, &u, &v)
			require.NoError(rt, err)
			require.Equal(rt, want[n], row{u, v})
		}
	})
}
