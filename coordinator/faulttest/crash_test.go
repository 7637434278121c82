package faulttest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// What a process that is to be killed is told: the database, and the key before its first.
const (
	crashFile = "TROUPE_CRASH_FILE"
	crashBase = "TROUPE_CRASH_BASE"
)

const (
	crashKills   = 200
	crashWriters = 16
	crashFiles   = 4       // killed side by side
	crashKeys    = 1 << 20 // more than one process comes to
)

// crashTables has a row in twin for each in ledger, so that half a statement shows.
const crashTables = `
create table if not exists ledger (id integer primary key, what text check (what <> 'bad'), owner integer references ledger (id) deferrable initially deferred);
create table if not exists twin (id integer primary key);
create trigger if not exists twins after insert on ledger begin insert into twin values (new.id); end`

// TestKilledWhileWritersShareCommits kills, with SIGKILL, a process in which 16 callers write to one SQLite file at once, at random points,
// 200 times. No row is missing whose statement was acknowledged, none is there whose statement failed, and the file is whole.
func TestKilledWhileWritersShareCommits(t *testing.T) {
	if file := os.Getenv(crashFile); file != "" {
		writeUntilKilled(t, file)
		return
	}
	kills := crashKills
	if testing.Short() {
		kills /= 10
	}
	var acknowledged, failed, unheard atomic.Int64
	var wg sync.WaitGroup
	for range crashFiles {
		file := filepath.Join(t.TempDir(), "crash.db")
		wg.Go(func() {
			rounds := kills / crashFiles
			for round := 1; round <= rounds && !t.Failed(); round++ {
				told := killOne(t, file, round*crashKeys)
				there := rowsAfterCrash(t, file, round*crashKeys, round == rounds)
				for id, ok := range told {
					if ok {
						acknowledged.Add(1)
					} else {
						failed.Add(1)
					}
					assert.Equal(t, ok, there[id], "key %d after kill %d", id, round)
					delete(there, id)
				}
				unheard.Add(int64(len(there)))
			}
		})
	}
	wg.Wait()
	t.Logf("%d rows acknowledged, %d failed, %d committed without anybody having heard of it", acknowledged.Load(), failed.Load(), unheard.Load())
	require.Positive(t, acknowledged.Load())
	require.Positive(t, failed.Load())
}

// killOne runs a writing process, kills it when it has reported some, and returns what it has reported: for each key whether its
// statement was acknowledged.
func killOne(t *testing.T, file string, base int) map[int]bool {
	reports, theirs, err := os.Pipe()
	if !assert.NoError(t, err) {
		return nil
	}
	defer func() { assert.NoError(t, reports.Close()) }()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	writer := exec.CommandContext(ctx, os.Args[0], "-test.run", "^"+t.Name()+"$")
	writer.Env = append(os.Environ(), crashFile+"="+file, crashBase+"="+strconv.Itoa(base))
	writer.ExtraFiles = []*os.File{theirs}
	output := &strings.Builder{}
	writer.Stdout, writer.Stderr = output, output
	err = writer.Start()
	assert.NoError(t, theirs.Close())
	if !assert.NoError(t, err) {
		return nil
	}
	told, enough := map[int]bool{}, 1+rand.IntN(300)
	for lines := bufio.NewReader(reports); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the process has gone, and all that it has written was read
		}
		var id int
		var ok bool
		if _, err := fmt.Sscanf(line, "%d %t\n", &id, &ok); !assert.NoError(t, err, line) {
			break
		}
		if told[id] = ok; len(told) == enough {
			assert.NoError(t, writer.Process.Kill())
		}
	}
	assert.Error(t, writer.Wait(), "it was killed")
	assert.GreaterOrEqual(t, len(told), enough, "it ended by itself:\n%s", output)
	return told
}

// writeUntilKilled is the process that is killed.
func writeUntilKilled(t *testing.T, file string) {
	base, err := strconv.Atoi(os.Getenv(crashBase))
	require.NoError(t, err)
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: []shardworker.Shard{{ID: "s0", DSN: shardworker.DSN("sqlite:" + file)}}})
	require.NoError(t, err)
	_, err = troupe.Exec(t.Context(), crashTables)
	require.NoError(t, err)
	reports := os.NewFile(3, "reports")
	var last atomic.Int64
	last.Store(int64(base))
	var wg sync.WaitGroup
	for range crashWriters {
		wg.Go(func() {
			for id := last.Add(1); id < int64(base+crashKeys); id = last.Add(1) {
				err := writeOne(troupe, id)
				if errors.Is(err, messages.ErrOutcomeUnknown) {
					continue
				}
				if _, err := fmt.Fprintf(reports, "%d %t\n", id, err == nil); err != nil {
					return // whoever was to kill this process is gone
				}
			}
		})
	}
	wg.Wait()
}

// writeOne writes a row, or fails in one of the ways there are.
func writeOne(troupe *coordinator.Troupe, id int64) error {
	ctx := context.Background()
	sql, args := "insert into ledger (id, what) values ($1, $2)", []any{id, "good"}
	switch {
	case id%17 == 2:
		short, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(3_000))*time.Microsecond)
		defer cancel()
		ctx = short
	case id%7 == 3:
		args[1] = "bad"
	case id%19 == 5:
		sql, args = "insert into ledger (id, owner) values ($1, $2)", []any{id, -1}
	case id%23 == 1:
		sql, args = "insert or rollback into ledger (id, what) values ($1, 'good'), ($1, 'again')", []any{id}
	case id%2 == 0:
		var back int64
		return troupe.QueryRow(ctx, sql+" returning id", args...).Scan(&back)
	}
	_, err := troupe.Exec(ctx, sql, args...)
	return err
}

// rowsAfterCrash returns the keys after base that the file holds, and checks them, and after the last crash the whole file.
func rowsAfterCrash(t *testing.T, file string, base int, last bool) map[int]bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	troupe, err := coordinator.Spawn(ctx, coordinator.Config{Shards: []shardworker.Shard{{ID: "s0", DSN: shardworker.DSN("sqlite:" + file)}}})
	if !assert.NoError(t, err) {
		return nil
	}
	defer func() { assert.NoError(t, troupe.Close(ctx)) }()
	var halves int
	assert.NoError(t, troupe.QueryRow(ctx, `select (select count(*) from ledger where id > $1 and id not in (select id from twin))
		+ (select count(*) from twin where id > $1 and id not in (select id from ledger))`, base).Scan(&halves))
	assert.Zero(t, halves, "statements that were half done")
	if last {
		var whole string
		assert.NoError(t, troupe.QueryRow(ctx, "pragma integrity_check").Scan(&whole))
		assert.Equal(t, "ok", whole)
	}
	rows, err := troupe.Query(ctx, "select id from ledger where id > $1", base)
	if !assert.NoError(t, err) {
		return nil
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	assert.NoError(t, err)
	there := map[int]bool{}
	for _, id := range ids {
		there[id] = true
	}
	return there
}
