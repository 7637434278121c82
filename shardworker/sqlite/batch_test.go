package sqlite_test

import (
	"context"
	"database/sql/driver"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// asked is a statement of a batch whose rows are wanted.
func asked(ctx context.Context, sql string, args ...any) *shardworker.Shared {
	return &shardworker.Shared{Context: ctx, SQL: sql, Args: args, WantRows: true, Limit: 4}
}

// told is one that is run for its effect.
func told(ctx context.Context, sql string, args ...any) *shardworker.Shared {
	return &shardworker.Shared{Context: ctx, SQL: sql, Args: args, Limit: 4}
}

// runBatch runs statements on a connection of the lane, under the test's own context.
func runBatch(t testing.TB, b *sqlite.Backend, lane int, batch ...*shardworker.Shared) {
	t.Helper()
	c := lease(t, b, lane)
	defer c.Release()
	c.(shardworker.BatchConn).RunBatch(background(t), batch)
}

// sharedRows returns the decoded values of a statement's rows, and gives the batches back.
func sharedRows(t require.TestingT, m *shardworker.Shared) (rows [][]any) {
	for _, b := range m.Outcome.Batches {
		values := make([][]byte, len(b.Description.Fields))
		for at, n := 0, b.Rows(); n > 0; n-- {
			at = b.ReadRow(at, values)
			row := make([]any, len(values))
			for i, f := range b.Description.Fields {
				if values[i] == nil {
					continue
				}
				typ, ok := types.TypeForOID(f.DataTypeOID)
				require.True(t, ok)
				v, err := typ.Codec.DecodeValue(types, f.DataTypeOID, pgtype.BinaryFormatCode, append([]byte{}, values[i]...))
				require.NoError(t, err)
				row[i] = v
			}
			rows = append(rows, row)
		}
		b.Recycle(1 << 20)
	}
	m.Outcome.Batches = nil
	return rows
}

// slowValue is an argument that does something when it is bound, in the middle of its batch.
type slowValue func() error

func (f slowValue) Value() (driver.Value, error) { return int64(1), f() }

func TestReadsTogether(t *testing.T) {
	b, _ := openFile(t)
	exec(t, b, "create table t (id integer primary key, a)")
	exec(t, b, series(100)+" insert into t select i, 'a'||i from s")
	ctx := background(t)
	ended, end := context.WithCancel(ctx)
	end()
	batch := []*shardworker.Shared{
		asked(ctx, "select a from t where id = $1", 7),
		asked(ctx, "select nonsense"),
		asked(ctx, "select a from t where id = $1"),
		asked(ended, "select a from t where id = $1", 8),
		asked(ctx, "select id, a from t where id between $1 and $2 order by id", 9, 11),
		asked(ctx, "select a from t where id < 0"),
	}
	runBatch(t, b, readers, batch...)
	require.Equal(t, [][]any{{"a7"}}, sharedRows(t, batch[0]))
	require.Equal(t, "SELECT 1", batch[0].Outcome.Tag.String())
	require.Equal(t, pgtype.UnknownOID, int(batch[0].Outcome.Declared.Fields[0].DataTypeOID))
	require.ErrorIs(t, batch[1].Outcome.Err, messages.ErrStatement)
	require.ErrorIs(t, batch[2].Outcome.Err, messages.ErrInvalidRequest)
	require.ErrorIs(t, batch[3].Outcome.Err, messages.ErrCanceled)
	require.ErrorIs(t, batch[3].Outcome.Err, context.Canceled)
	require.Equal(t, [][]any{{int64(9), "a9"}, {int64(10), "a10"}, {int64(11), "a11"}}, sharedRows(t, batch[4]))
	require.NoError(t, batch[5].Outcome.Err)
	require.Empty(t, batch[5].Outcome.Batches)
	require.Equal(t, "SELECT 0", batch[5].Outcome.Tag.String())
	for i, m := range batch {
		require.False(t, m.Outcome.Again, i)
	}
	require.Equal(t, int64(100), one(t, b, "select count(*) from t"), "the connection goes on")
}

// TestReadsShareATransaction: what is committed in the middle of a batch isn't seen by its rest; in memory, where a read transaction would
// hold up the commit, it is.
func TestReadsShareATransaction(t *testing.T) {
	for name, b := range map[string]*sqlite.Backend{"file": open(t, sqlite.Config{Path: t.TempDir() + "/a.db"}), "memory": memory(t)} {
		t.Run(name, func(t *testing.T) {
			exec(t, b, "create table t (a)")
			ctx := background(t)
			batch := []*shardworker.Shared{
				asked(ctx, "select count(*) from t"),
				asked(ctx, "select $1", slowValue(func() error { exec(t, b, "insert into t values (1)"); return nil })),
				asked(ctx, "select count(*) from t"),
			}
			runBatch(t, b, readers, batch...)
			require.Equal(t, [][]any{{int64(0)}}, sharedRows(t, batch[0]))
			require.NoError(t, batch[1].Outcome.Err)
			want := int64(0)
			if name == "memory" {
				want = 1
			}
			require.Equal(t, [][]any{{want}}, sharedRows(t, batch[2]))
			require.Equal(t, int64(1), one(t, b, "select count(*) from t"))
		})
	}
}

// TestReadEndsWithItsContext: a statement of a batch ends with its own context, in the middle, and the others don't notice.
func TestReadEndsWithItsContext(t *testing.T) {
	b, _ := openFile(t)
	ctx, cancel := context.WithTimeout(background(t), 20*time.Millisecond)
	defer cancel()
	batch := []*shardworker.Shared{asked(background(t), "select 1"), asked(ctx, endlessCount), asked(background(t), "select 2")}
	started := time.Now()
	runBatch(t, b, readers, batch...)
	require.Less(t, time.Since(started), soon)
	require.Equal(t, [][]any{{int64(1)}}, sharedRows(t, batch[0]))
	require.ErrorIs(t, batch[1].Outcome.Err, messages.ErrCanceled)
	require.ErrorIs(t, batch[1].Outcome.Err, context.DeadlineExceeded)
	require.Equal(t, [][]any{{int64(2)}}, sharedRows(t, batch[2]))
}

// TestBatchEnds: the batch's context, and Interrupt, end what runs, and what comes after isn't begun. Nothing has had an effect.
func TestBatchEnds(t *testing.T) {
	b, _ := openFile(t)
	exec(t, b, "create table t (a)")
	for name, how := range map[string]func(c shardworker.Conn, cancel func()){
		"context":   func(_ shardworker.Conn, cancel func()) { cancel() },
		"interrupt": func(c shardworker.Conn, _ func()) { c.Interrupt() },
	} {
		for lane, batch := range map[int][]*shardworker.Shared{
			readers: {asked(background(t), endlessCount), asked(background(t), "select 1")},
			writer: {
				told(background(t), "insert into t values (1)"),
				told(background(t), "insert into t "+endless), told(background(t), "insert into t values (2)"),
			},
		} {
			t.Run(name, func(t *testing.T) {
				c := lease(t, b, lane)
				ctx, cancel := context.WithCancel(background(t))
				defer cancel()
				timer := time.AfterFunc(20*time.Millisecond, func() { how(c, cancel) })
				defer timer.Stop()
				c.(shardworker.BatchConn).RunBatch(ctx, batch)
				for i, m := range batch {
					require.True(t, m.Outcome.Again, i)
				}
				c.(shardworker.BatchConn).RunBatch(ctx, batch)
				for i, m := range batch {
					require.True(t, m.Outcome.Again, i)
				}
				c.Release()
				require.Equal(t, int64(0), one(t, b, "select count(*) from t"))
			})
		}
	}
}

func TestTooMuchForABatch(t *testing.T) {
	b, _ := openFile(t)
	exec(t, b, "create table t (a)")
	ctx := background(t)
	reads := []*shardworker.Shared{
		asked(ctx, "select zeroblob(60000)"),
		asked(ctx, "select zeroblob(40000) union all select zeroblob(40000)"),
		asked(ctx, "values (1), ('a'), (2), ('b')"),
		asked(ctx, "values (1), ('a'), (2), ('b'), (3)"),
		asked(ctx, endless),
	}
	runBatch(t, b, readers, reads...)
	require.Len(t, sharedRows(t, reads[0]), 1)
	require.True(t, reads[1].Outcome.Again, "too many bytes")
	require.Equal(t, [][]any{{int64(1)}, {"a"}, {int64(2)}, {"b"}}, sharedRows(t, reads[2]))
	require.True(t, reads[3].Outcome.Again, "too many batches")
	require.True(t, reads[4].Outcome.Again, "endless")

	writes := []*shardworker.Shared{
		told(ctx, "insert into t values (1)"),
		asked(ctx, "insert into t values (zeroblob(40000)), (zeroblob(40000)) returning a"),
		asked(ctx, "insert into t values (2) returning a"),
	}
	runBatch(t, b, writer, writes...)
	require.NoError(t, writes[0].Outcome.Err)
	require.True(t, writes[1].Outcome.Again)
	require.Equal(t, [][]any{{int64(2)}}, sharedRows(t, writes[2]))
	require.Equal(t, int64(2), one(t, b, "select count(*) from t"), "it had no effect")
}

// TestReadsWithoutLock: who has no deadline has waited as long as it would alone. Who has one may wait on, alone.
func TestReadsWithoutLock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	other := open(t, sqlite.Config{Path: file, Journal: "DELETE"})
	exec(t, other, "create table t (a)")
	b := open(t, sqlite.Config{Path: file, Journal: "DELETE", BusyTimeout: 30 * time.Millisecond, Readers: 1})
	require.Equal(t, int64(0), one(t, b, "select count(*) from t"))
	held := acquire(t, other, writer)
	mustExec(t, held, "begin exclusive")
	patient, cancel := context.WithTimeout(background(t), time.Minute)
	defer cancel()
	batch := []*shardworker.Shared{
		asked(background(t), "select count(*) from t"), asked(patient, "select count(*) from t"), asked(background(t), "select * from t"), asked(patient, "select 1"),
	}
	started := time.Now()
	runBatch(t, b, readers, batch...)
	require.GreaterOrEqual(t, time.Since(started), 30*time.Millisecond)
	require.Less(t, time.Since(started), soon)
	require.ErrorIs(t, batch[0].Outcome.Err, messages.ErrBusy)
	require.True(t, batch[1].Outcome.Again)
	require.ErrorIs(t, batch[2].Outcome.Err, messages.ErrBusy)
	require.Equal(t, [][]any{{int64(1)}}, sharedRows(t, batch[3]), "it needs no lock")
	mustExec(t, held, "commit")
	runBatch(t, b, readers, batch...)
	for i, m := range batch {
		require.NoError(t, m.Outcome.Err, i)
		require.False(t, m.Outcome.Again, i)
		sharedRows(t, m)
	}
}

func TestBatchRefused(t *testing.T) {
	b, _ := openFile(t)
	c := acquire(t, b, writer)
	mustExec(t, c, "begin")
	m := asked(background(t), "select 1")
	c.(shardworker.BatchConn).RunBatch(background(t), []*shardworker.Shared{m})
	require.ErrorIs(t, m.Outcome.Err, messages.ErrInvalidRequest, "in a transaction")
	mustExec(t, c, "commit")
	cursor, err := c.Query(background(t), "select 1", nil)
	require.NoError(t, err)
	c.(shardworker.BatchConn).RunBatch(background(t), []*shardworker.Shared{m})
	require.ErrorIs(t, m.Outcome.Err, messages.ErrInvalidRequest, "with an open cursor")
	_, err = cursor.Close()
	require.NoError(t, err)
}

// TestReadsWaitEachForItself: how long a lock was waited for before, and found, doesn't count.
func TestReadsWaitEachForItself(t *testing.T) {
	const timeout = 200 * time.Millisecond
	b := open(t, sqlite.Config{Mode: sqlite.Memory, Path: t.Name(), BusyTimeout: timeout})
	other := open(t, sqlite.Config{Mode: sqlite.Memory, Path: t.Name()})
	exec(t, b, "create table t (a)")
	one(t, b, "select count(*) from t")
	held := lease(t, other, writer)
	mustExec(t, held, "begin exclusive")
	time.AfterFunc(10*time.Millisecond, held.Release)
	ctx, started := background(t), time.Now()
	batch := []*shardworker.Shared{
		asked(ctx, "select count(*) from t"),
		asked(ctx, "select count(*) from t where a = $1", slowValue(func() error {
			<-time.After(timeout - time.Since(started))
			held := lease(t, other, writer)
			mustExec(t, held, "begin exclusive")
			time.AfterFunc(10*time.Millisecond, held.Release)
			return nil
		})),
	}
	runBatch(t, b, readers, batch...)
	for _, m := range batch {
		require.NoError(t, m.Outcome.Err)
		require.False(t, m.Outcome.Again)
	}
}
