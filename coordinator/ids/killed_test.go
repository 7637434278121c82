package ids_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker"
)

// In the environment of a process that TestWriterProcess is the whole of.
const (
	childDSN  = "TROUPE_IDS_CHILD"
	childRows = "TROUPE_IDS_CHILD_ROWS" // how many rows it writes; 0 writes until it is killed
)

const childBlock, childWriters = 20, 4

// TestWriterProcess is what the processes of the tests below run: it inserts rows with ids from the table, and says which were
// acknowledged, a line each.
func TestWriterProcess(t *testing.T) {
	dsn := os.Getenv(childDSN)
	if dsn == "" {
		return // it is run by other tests, in a process of its own
	}
	rows, err := strconv.Atoi(os.Getenv(childRows))
	require.NoError(t, err)
	troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: shardworker.DSN(dsn)})
	table := newTable(t, troupe, childBlock)
	var all sync.WaitGroup
	for range childWriters {
		all.Go(func() {
			for i := 0; rows == 0 || i < rows/childWriters; i++ {
				ctx := within(t, limit)
				got, err := table.Next(ctx, "t", 1)
				if err == nil {
					_, err = troupe.Exec(ctx, "insert into t values ($1, $2)", got[0], os.Getpid())
				}
				if !assert.NoError(t, err) {
					return
				}
				_, _ = os.Stdout.WriteString(fmt.Sprintf("wrote %d\n", got[0])) // in one piece
			}
		})
	}
	all.Wait()
}

// writerProcess is a process that writes.
type writerProcess struct {
	cmd  *exec.Cmd
	said strings.Builder // besides what it wrote
}

func startWriter(ctx context.Context, t testing.TB, dsn shardworker.DSN, rows int) *writerProcess {
	w := &writerProcess{cmd: exec.CommandContext(ctx, os.Args[0], "-test.run=^TestWriterProcess$")}
	w.cmd.Env = append(os.Environ(), childDSN+"="+string(dsn), childRows+"="+strconv.Itoa(rows))
	return w
}

// run runs the process to its end, and kills it after it has acknowledged so many rows, unless that is 0. It returns those that it has
// acknowledged.
func (w *writerProcess) run(t testing.TB, kill int) (acknowledged []int64) {
	out, err := w.cmd.StdoutPipe()
	if !assert.NoError(t, err) || !assert.NoError(t, w.cmd.Start()) {
		return nil
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // and what isn't a whole line was never said
		}
		id, wrote := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "wrote ")
		if !wrote {
			w.said.WriteString(line)
			continue
		}
		n, err := strconv.ParseInt(id, 10, 64)
		assert.NoError(t, err, line)
		acknowledged = append(acknowledged, n)
		if len(acknowledged) == kill {
			assert.NoError(t, w.cmd.Process.Kill())
		}
	}
	err = w.cmd.Wait()
	if kill == 0 {
		assert.NoError(t, err, w.said.String())
	} else {
		assert.False(t, w.cmd.ProcessState.Exited(), "it ended before it was killed: %s", w.said.String())
	}
	return acknowledged
}

// runWriters runs processes at once and returns what they have acknowledged.
func runWriters(t testing.TB, dsn shardworker.DSN, processes, rows int, kill func() int) []int64 {
	var all sync.WaitGroup
	var mu sync.Mutex
	var acknowledged []int64
	ctx := within(t, limit)
	for range processes {
		after := kill()
		all.Go(func() {
			wrote := startWriter(ctx, t, dsn, rows).run(t, after)
			mu.Lock()
			defer mu.Unlock()
			acknowledged = append(acknowledged, wrote...)
		})
	}
	all.Wait()
	return acknowledged
}

// requireWritten compares the table with what was acknowledged: nothing is lost, nothing is there twice. It returns how many rows there are.
func requireWritten(t testing.TB, troupe *coordinator.Troupe, acknowledged []int64) int {
	t.Helper()
	rows, err := troupe.Query(within(t, limit), "select id from t")
	require.NoError(t, err)
	there, err := coordinator.Collect[int64](rows)
	require.NoError(t, err)
	slices.Sort(there)
	require.Len(t, slices.Compact(slices.Clone(there)), len(there), "an id is there twice")
	for _, id := range acknowledged {
		_, found := slices.BinarySearch(there, id)
		require.True(t, found, "row %d was acknowledged and is lost", id)
	}
	return len(there)
}

// TestSeveralProcesses write at once: no id comes twice, and each process has left less than a block.
func TestSeveralProcesses(t *testing.T) {
	const processes, rows = 3, 200
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
		newTable(t, troupe, childBlock)
		run(t, troupe, "create table t (id bigint, writer bigint)") // no key: it would hide what comes twice
		acknowledged := runWriters(t, dsn, processes, rows, func() int { return 0 })
		require.Equal(t, processes*rows, requireWritten(t, troupe, acknowledged))
		require.Len(t, acknowledged, processes*rows)
		require.EqualValues(t, processes, number(t, troupe, "select count(distinct writer) from t"))
		require.Less(t, nextNumber(t, troupe)-1-processes*rows, int64(processes*childBlock))
	})
}

// TestKilledWriters are killed (kill -9) while they insert, again and again: no row that was acknowledged is lost, no id comes twice, and a
// process takes no more to its grave than the rest of its block and what it was writing.
func TestKilledWriters(t *testing.T) {
	const rounds, processes = 4, 3
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
		newTable(t, troupe, childBlock)
		run(t, troupe, "create table t (id bigint, writer bigint)")
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		var acknowledged []int64
		for round := range rounds {
			acknowledged = append(acknowledged, runWriters(t, dsn, processes, 0, func() int { return 1 + random.IntN(150) })...)
			there := requireWritten(t, troupe, acknowledged)
			lost := nextNumber(t, troupe) - 1 - int64(there)
			require.LessOrEqual(t, lost, int64((round+1)*processes*(childBlock+childWriters)))
			t.Logf("%d rows acknowledged, %d there, %d numbers lost", len(acknowledged), there, lost)
		}
		runWriters(t, dsn, 1, 40, func() int { return 0 })
		requireWritten(t, troupe, acknowledged)
	})
}
