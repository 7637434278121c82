package txtest_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// lockedFile is the environment variable that makes this program hold a lock on a SQLite file, in place of testing.
const lockedFile = "TROUPE_TXTEST_LOCKED_FILE"

// holdLock locks a file for writing, says so, and holds the lock until its input ends.
func holdLock(path string) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(20000)")
	if err == nil {
		db.SetMaxOpenConns(1)
		_, err = db.Exec("begin immediate")
	}
	if err != nil {
		fmt.Println("can't lock:", err)
		os.Exit(1)
	}
	fmt.Println("locked")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_, _ = db.Exec("rollback")
	_ = db.Close()
}

// lockElsewhere has another process lock d's file, and returns what lets go of it and waits for the process's end.
func lockElsewhere(t testing.TB, d *database) (unlock func()) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^$")
	cmd.Env = append(os.Environ(), lockedFile+"="+d.dsn)
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "locked\n", line)
	ended := false
	unlock = func() {
		if !ended {
			ended = true
			require.NoError(t, input.Close())
			require.NoError(t, cmd.Wait())
		}
	}
	t.Cleanup(unlock)
	return unlock
}

// Another process has the file: the closure is run again until it lets go, if a deadline makes each attempt end.
func TestInTxIsRunAgainWhileAFileIsLocked(t *testing.T) {
	s := open(t, "ss", nil)
	s.everywhere(t, createLedger)
	unlock := lockElsewhere(t, s.dbs[1])

	// By the statement's deadline.
	attempts := 0
	err := s.InTx(background(t), coordinator.TxOptions{MaxAttempts: 100}, func(ctx context.Context, tx *coordinator.Tx) error {
		attempts++
		if attempts == 3 {
			unlock()
		}
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		if attempts >= 3 {
			short = ctx
		}
		return s.enter(short, tx, 1)
	})
	require.NoError(t, err)
	require.Equal(t, 3, attempts)
	require.Equal(t, map[messages.ShardID]int{"s0": 1, "s1": 1}, s.entries(t, 1))
	s.requireIdle(t)

	// It stays locked: the error says so, nothing is there, and the other file is free at once.
	unlock = lockElsewhere(t, s.dbs[1])
	short := within(t, 150*time.Millisecond)
	begin := time.Now()
	err = s.InTx(short, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error { return s.enter(ctx, tx, 2) })
	require.ErrorIs(t, err, messages.ErrBusy)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(begin), 150*time.Millisecond+soon)
	s.dbs[0].requireIdle(t)
	unlock()
	s.requireIdle(t)
	require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0}, s.entries(t, 2))
	s.requireWorking(t, 3)
}

// exit ends the goroutine as a test's FailNow does.
func exit() { runtime.Goexit() }
