package sqlite_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestMemoryNames(t *testing.T) {
	asia1 := open(t, sqlite.Config{Path: "asia", Mode: sqlite.Memory})
	asia2 := open(t, sqlite.Config{Path: "asia", Mode: sqlite.Memory})
	europe := open(t, sqlite.Config{Path: "europe", Mode: sqlite.Memory})
	private1, private2 := memory(t), memory(t)
	exec(t, asia1, "create table t (a)")
	for b, tables := range map[*sqlite.Backend]int64{asia1: 1, asia2: 1, europe: 0, private1: 0, private2: 0} {
		require.Equal(t, tables, one(t, b, "select count(*) from sqlite_schema"))
	}
	exec(t, private1, "create table t (a)")
	require.Equal(t, int64(0), one(t, private2, "select count(*) from sqlite_schema"))
}

func TestMemoryEndsWithItsLastBackend(t *testing.T) {
	for range 2 {
		b, err := sqlite.New(sqlite.Config{Path: "short lived", Mode: sqlite.Memory})
		require.NoError(t, err)
		exec(t, b, "create table t (a)") // fails the second time if it is still there
		require.NoError(t, b.Close(background(t)))
	}
}

// TestMemoryOutlivesItsConnections: the database is there though no connection is open but the backend's own.
func TestMemoryOutlivesItsConnections(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a)")
	c := acquire(t, b, writer)
	c.Interrupt()
	c.Release()
	require.Equal(t, int64(1), one(t, b, "select count(*) from sqlite_schema"))
}

func TestMemoryReadersAndWriter(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table account (id integer primary key, balance integer)")
	exec(t, b, "insert into account values (1, 500), (2, 500)")
	ctx, cancel := context.WithTimeout(background(t), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for range b.Lanes()[readers] {
		wg.Go(func() {
			for range 200 {
				if sum := one(t, b, "select sum(balance) from account"); sum != int64(1000) {
					t.Errorf("the sum is %v", sum)
				}
			}
		})
	}
	wg.Go(func() {
		for range 100 {
			w, err := b.Acquire(ctx, writer)
			require.NoError(t, err)
			_, err = w.Exec(ctx, "begin immediate; update account set balance = balance-1 where id=1; update account set balance = balance+1 where id=2; commit", nil)
			require.NoError(t, err)
			w.Release()
		}
	})
	wg.Wait()
	require.Equal(t, int64(600), one(t, b, "select balance from account where id=2"))
}

func TestMemoryRollback(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a)")
	exec(t, b, "begin; insert into t values (1); rollback")
	require.Equal(t, int64(0), one(t, b, "select count(*) from t"))
}

// TestMemoryOpenCursorHoldsUpTheWriter is what the package's comment says of databases in memory.
func TestMemoryOpenCursorHoldsUpTheWriter(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a)")
	exec(t, b, "insert into t values (1), (2)")
	cursor, err := acquire(t, b, readers).Query(background(t), "select a from t", nil)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(background(t), 30*time.Millisecond)
	defer cancel()
	w := acquire(t, b, writer)
	_, err = w.Exec(ctx, "insert into t values (3)", nil)
	require.ErrorIs(t, err, messages.ErrBusy)
	_, err = cursor.Close()
	require.NoError(t, err)
	_, err = w.Exec(background(t), "insert into t values (3)", nil)
	require.NoError(t, err)
	require.Equal(t, int64(3), one(t, b, "select count(*) from t"))
}
