package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// familySQL is tables for statements that fail in each way.
const familySQL = `
create table parent (id integer primary key, n integer);
create table child (id integer primary key, p integer references parent (id) deferrable initially deferred, u text unique, v integer not null check (v < 100));
create table strict (id integer primary key, p integer references parent (id));
create table touchy (id integer primary key on conflict rollback, n integer);
create table log (what text);
create trigger spoilt before insert on child begin
	select raise(abort, 'no 90') where new.v = 90;
	select raise(rollback, 'no 91') where new.v = 91;
	select raise(fail, 'no 92') where new.v = 92;
	select raise(ignore) where new.v = 93;
end;
create trigger logged after insert on child begin insert into log values ('child '||new.id); end;
create trigger unlogged after delete on child begin insert into log values ('gone '||old.id); end`

func codeOf(t testing.TB, m *shardworker.Shared) int {
	t.Helper()
	var cause *sqlite.Error
	require.ErrorAs(t, m.Outcome.Err, &cause)
	return cause.ExtendedCode()
}

// TestGroupFailsAlone: a statement that fails is undone alone, as far as it would be alone.
func TestGroupFailsAlone(t *testing.T) {
	b, _ := openFile(t)
	exec(t, b, familySQL)
	ctx := background(t)
	batch := []*shardworker.Shared{
		told(ctx, "insert into parent values (1, 10)"),
		told(ctx, "insert into parent values (2, 20), (1, 11), (3, 30)"),
		told(ctx, "insert or fail into parent values (4, 40), (1, 11), (5, 50)"),
		told(ctx, "insert or ignore into parent values (6, 60), (1, 11)"),
		told(ctx, "insert into nowhere values (1)"),
		told(ctx, "insert into parent values ($1, $2)", 7),
		told(ctx, "insert into child values (1, 1, 'a', 90)"),
		told(ctx, "insert into strict values (1, 99)"),
		asked(ctx, "update parent set n = n + 1 returning id, n"),
		told(ctx, "delete from parent where id = $1", 6),
		asked(ctx, "with s as (values (8)) insert into parent select 8, 80 from s returning n"),
	}
	runBatch(t, b, writer, batch...)
	for i, m := range batch {
		require.False(t, m.Outcome.Again, i)
	}
	require.NoError(t, batch[0].Outcome.Err)
	require.Equal(t, "INSERT 0 1", batch[0].Outcome.Tag.String())
	require.Equal(t, 1555, codeOf(t, batch[1]))
	require.Equal(t, 1555, codeOf(t, batch[2]))
	require.Equal(t, "INSERT 0 1", batch[3].Outcome.Tag.String())
	require.ErrorIs(t, batch[4].Outcome.Err, messages.ErrStatement)
	require.ErrorIs(t, batch[5].Outcome.Err, messages.ErrInvalidRequest)
	require.Equal(t, 1811, codeOf(t, batch[6]))
	require.Equal(t, 787, codeOf(t, batch[7]))
	require.Equal(t, [][]any{{int64(1), int64(11)}, {int64(4), int64(41)}, {int64(6), int64(61)}}, sharedRows(t, batch[8]))
	require.Equal(t, "UPDATE 3", batch[8].Outcome.Tag.String())
	require.Equal(t, "DELETE 1", batch[9].Outcome.Tag.String())
	require.Equal(t, [][]any{{int64(80)}}, sharedRows(t, batch[10]))
	require.Equal(t, "1 4 8", one(t, b, "select group_concat(id, ' ') from (select id from parent order by id)"))
}

// TestGroupLeavesOthers: a statement that undoes the transaction, or leaves what would have failed alone, has had no effect and is to run
// alone. The others are there, and none is there twice.
func TestGroupLeavesOthers(t *testing.T) {
	for name, spoiler := range map[string]string{
		"or rollback":       "insert or rollback into parent values (1, 0)",
		"on conflict":       "insert into touchy values (1, 0), (1, 0)",
		"raise":             "insert into child values (8, null, 'z', 91)",
		"deferred key":      "insert into child values (8, 99, 'z', 1)",
		"deferred delete":   "delete from parent where id = 1",
		"partly and key":    "insert or fail into child values (8, 99, 'z', 1), (1, 1, 'y', 1)",
		"all of the rounds": "",
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := openFile(t)
			exec(t, b, familySQL)
			exec(t, b, "insert into parent values (1, 1)")
			exec(t, b, "insert into child values (1, 1, 'first', 1)")
			ctx := background(t)
			batch := []*shardworker.Shared{told(ctx, "insert into log values ('a')")}
			if spoiler != "" {
				batch = append(batch, told(ctx, spoiler))
			} else {
				for i := range 40 {
					batch = append(batch, told(ctx, "insert into child values ($1, 99, null, 1)", 100+i))
				}
			}
			batch = append(batch, told(ctx, "insert into log values ('b')"), told(ctx, "insert into parent values (1, 5)"))
			runBatch(t, b, writer, batch...)
			for i, m := range batch[1 : len(batch)-2] {
				require.True(t, m.Outcome.Again, i)
			}
			want := "child 1 a b"
			if spoiler == "" {
				want = "child 1" // those after so many spoilers, and before them, are left too
			} else {
				require.Equal(t, 1555, codeOf(t, batch[len(batch)-1]))
				require.NoError(t, batch[0].Outcome.Err)
				require.False(t, batch[0].Outcome.Again)
			}
			require.Equal(t, want, one(t, b, "select group_concat(what, ' ') from log"))
			require.Equal(t, int64(1), one(t, b, "select count(*) from child"))
		})
	}
}

// TestGroupRepairsNothing: deferred keys are each statement's own business, whatever another would make good.
func TestGroupRepairsNothing(t *testing.T) {
	b, _ := openFile(t)
	exec(t, b, familySQL)
	ctx := background(t)
	early := told(ctx, "insert into child values (1, 5, 'a', 1)")
	parent := told(ctx, "insert into parent values (5, 5)")
	late := told(ctx, "insert into child values (2, 5, 'b', 1)")
	runBatch(t, b, writer, early, parent, late)
	require.True(t, early.Outcome.Again)
	require.NoError(t, parent.Outcome.Err)
	require.NoError(t, late.Outcome.Err)
	require.Equal(t, "2", one(t, b, "select group_concat(id) from child"))
}

// TestGroupEndsWithItsContext: an interrupt in mid-write undoes the transaction, and the others run again.
func TestGroupEndsWithItsContext(t *testing.T) {
	b, _ := openFile(t)
	exec(t, b, "create table t (a)")
	ctx, cancel := context.WithTimeout(background(t), 20*time.Millisecond)
	defer cancel()
	batch := []*shardworker.Shared{
		told(background(t), "insert into t values ('a')"), told(ctx, "insert into t "+endless), told(background(t), "insert into t values ('b')"),
	}
	runBatch(t, b, writer, batch...)
	require.NoError(t, batch[0].Outcome.Err)
	require.ErrorIs(t, batch[1].Outcome.Err, messages.ErrCanceled)
	require.ErrorIs(t, batch[1].Outcome.Err, context.DeadlineExceeded)
	require.NoError(t, batch[2].Outcome.Err)
	require.Equal(t, "a b", one(t, b, "select group_concat(a, ' ') from t"))
}

// TestGroupWithoutLock: who has no deadline has waited as long as it would alone. Who has one may wait on, alone.
func TestGroupWithoutLock(t *testing.T) {
	for name, journal := range map[string]string{"begin": "WAL", "commit": "DELETE"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.db")
			other := open(t, sqlite.Config{Path: file, Journal: journal})
			exec(t, other, "create table t (a)")
			exec(t, other, "insert into t values (1), (2)")
			held := acquire(t, other, writer)
			if name == "begin" {
				mustExec(t, held, "begin immediate")
			} else {
				cursor, err := held.Query(background(t), "select a from t", nil)
				require.NoError(t, err)
				defer func() { _, _ = cursor.Close() }()
			}
			b := open(t, sqlite.Config{Path: file, Journal: journal, BusyTimeout: 30 * time.Millisecond})
			patient, cancel := context.WithTimeout(background(t), time.Minute)
			defer cancel()
			batch := []*shardworker.Shared{
				told(background(t), "insert into t values (3)"), told(patient, "insert into t values (4)"), asked(background(t), "delete from t returning a"),
			}
			started := time.Now()
			runBatch(t, b, writer, batch...)
			require.GreaterOrEqual(t, time.Since(started), 30*time.Millisecond)
			require.Less(t, time.Since(started), soon)
			require.ErrorIs(t, batch[0].Outcome.Err, messages.ErrBusy)
			require.True(t, batch[1].Outcome.Again)
			require.ErrorIs(t, batch[2].Outcome.Err, messages.ErrBusy)
			require.Empty(t, batch[2].Outcome.Batches)
			require.Equal(t, int64(2), one(t, b, "select count(*) from t"))
		})
	}
}

// TestGroupOnFullDisk: a statement that finds no room fails as it would alone, whether SQLite undoes it alone or not.
func TestGroupOnFullDisk(t *testing.T) {
	b := open(t, sqlite.Config{Path: t.TempDir() + "/a.db", OnConnect: "pragma max_page_count = 20"})
	exec(t, b, "create table t (id integer primary key, a)")
	ctx := background(t)
	batch := []*shardworker.Shared{
		told(ctx, "insert into t values (1, zeroblob(8000))"), told(ctx, "insert into t values (2, zeroblob(800000))"),
		told(ctx, "insert into t values (3, zeroblob(10)), (4, zeroblob(800000))"), told(ctx, "insert into t values (5, zeroblob(8000))"),
	}
	runBatch(t, b, writer, batch...)
	for i, m := range batch {
		if m.Outcome.Again {
			runAlone(t, b, m)
		}
		if i == 1 || i == 2 {
			require.ErrorIs(t, m.Outcome.Err, messages.ErrUnwritable, i)
			require.Equal(t, 13, codeOf(t, m))
		} else {
			require.NoError(t, m.Outcome.Err, i)
		}
	}
	require.Equal(t, "1 5", one(t, b, "select group_concat(id, ' ') from t"))
}

// runAlone does what a worker does with a statement that has Again.
func runAlone(t testing.TB, b *sqlite.Backend, m *shardworker.Shared) {
	t.Helper()
	c := lease(t, b, writer)
	defer c.Release()
	m.Outcome = shardworker.Outcome{}
	if !m.WantRows {
		m.Outcome.Tag, m.Outcome.Err = c.Exec(m.Context, m.SQL, m.Args)
		return
	}
	cursor, err := c.Query(m.Context, m.SQL, m.Args)
	if err != nil {
		m.Outcome.Err = err
		return
	}
	for cursor.Next() {
		rows := messages.NewRowBatch(cursor.Description())
		cursor.Append(rows)
		m.Outcome.Batches = append(m.Outcome.Batches, rows)
	}
	m.Outcome.Tag, m.Outcome.Err = cursor.Close()
}

// BenchmarkGroup commits inserts, each on its own and 64 together.
func BenchmarkGroup(b *testing.B) {
	for _, size := range []int{1, 64} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			backend, _ := openFile(b)
			exec(b, backend, "create table t (id integer primary key, name text)")
			c := acquire(b, backend, writer)
			batch := make([]*shardworker.Shared, size)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if size == 1 {
					_, err := c.Exec(b.Context(), "insert into t (name) values ($1)", []any{"some name"})
					require.NoError(b, err)
					continue
				}
				for j := range batch {
					batch[j] = told(b.Context(), "insert into t (name) values ($1)", "some name")
				}
				c.(shardworker.BatchConn).RunBatch(b.Context(), batch)
				for _, m := range batch {
					if m.Outcome.Err != nil || m.Outcome.Again {
						b.Fatal(m.Outcome)
					}
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "inserts/s")
			require.Equal(b, int64(b.N*size), one(b, backend, "select count(*) from t"))
		})
	}
}
