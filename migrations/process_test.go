package migrations_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/migrations"
	"github.com/troupedb/troupe/shardworker"
)

// work is what a process of these tests is told to do: this program, run again.
type work struct {
	Shards []string // data source names
	Files  map[string]string
}

const workVariable = "TROUPE_MIGRATIONS_WORK"

// TestProcess is no test but the main function of the processes. It says that it is ready, begins when it is told to, and prints its report.
func TestProcess(t *testing.T) {
	var w work
	text := os.Getenv(workVariable)
	if text == "" {
		return
	}
	require.NoError(t, json.Unmarshal([]byte(text), &w))
	troupe := over(t, shards(w.Shards)...)
	fmt.Println("ready")
	_, err := bufio.NewReader(os.Stdin).ReadString('\n')
	require.NoError(t, err)
	report, err := migrations.Migrate(within(t), troupe, files(w.Files), migrations.Options{})
	require.NoError(t, err)
	out, err := json.Marshal(report)
	require.NoError(t, err)
	fmt.Println("report " + string(out))
}

func shards(dsns []string) []shardworker.Shard {
	var list []shardworker.Shard
	for i, dsn := range dsns {
		list = append(list, shardworker.Shard{ID: messages.ShardID(fmt.Sprintf("s%d", i)), DSN: shardworker.DSN(dsn)})
	}
	return list
}

// process is one that is ready to begin.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t *testing.T, w work) *process {
	t.Helper()
	text, err := json.Marshal(w)
	require.NoError(t, err)
	p := &process{Cmd: exec.CommandContext(within(t), os.Args[0], "-test.run=^TestProcess$", "-test.v")}
	p.Env = append(os.Environ(), workVariable+"="+string(text))
	p.Stderr = os.Stderr
	p.in, err = p.StdinPipe()
	require.NoError(t, err)
	out, err := p.StdoutPipe()
	require.NoError(t, err)
	p.out = bufio.NewReader(out)
	require.NoError(t, p.Start())
	p.line(t, "ready")
	return p
}

// line reads on to the line with this beginning, and returns its rest.
func (p *process) line(t *testing.T, beginning string) string {
	t.Helper()
	var before strings.Builder
	for {
		line, err := p.out.ReadString('\n')
		require.NoError(t, err, "%s", before.String())
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), beginning); ok {
			return rest
		}
		before.WriteString(line)
	}
}

func (p *process) begin(t *testing.T) {
	t.Helper()
	_, err := io.WriteString(p.in, "go\n")
	require.NoError(t, err)
}

// series makes n files, each of which fails when it is run a second time.
func series(n int) map[string]string {
	texts := map[string]string{}
	for i := 1; i <= n; i++ {
		texts[fmt.Sprintf("%05d_t.sql", i)] = fmt.Sprintf("-- +goose Up\nCREATE TABLE t%d (n integer);\nINSERT INTO t%d VALUES (%d);\n-- +goose Down\nDROP TABLE t%d;\n", i, i, i, i)
	}
	return texts
}

// TestProcessesTakeTurns has several processes migrate the same shards at once: every file is applied by one of them.
func TestProcessesTakeTurns(t *testing.T) {
	const versions, processes = 12, 3
	w := work{
		Shards: []string{string(lite(t, "a").DSN), pgtest.Shared(t).DSN() + "&pool_max_conns=1&default_transaction_isolation=serializable", string(lite(t, "b").DSN)},
		Files:  series(versions),
	}
	var all []*process
	for range processes {
		all = append(all, start(t, w))
	}
	for _, p := range all {
		p.begin(t)
	}
	appliers := map[messages.ShardID]map[int64]int{"s0": {}, "s1": {}, "s2": {}}
	for _, p := range all {
		var r migrations.Report
		require.NoError(t, json.Unmarshal([]byte(p.line(t, "report ")), &r))
		require.NoError(t, p.Wait())
		for _, s := range r.Shards {
			require.EqualValues(t, versions, s.Version)
			for _, a := range s.Applied {
				appliers[s.Shard][a.Version]++
			}
		}
	}
	troupe := over(t, shards(w.Shards)...)
	for shard, by := range appliers {
		require.Len(t, by, versions)
		for version, times := range by {
			require.Equal(t, 1, times, "version %d on %s", version, shard)
		}
		require.Equal(t, versions+1, number(t, troupe, shard, `SELECT count(*) FROM goose_db_version`))
	}
}

// gated is a series of which the second file waits for a table that somebody has locked.
func gated() map[string]string {
	texts := map[string]string{"00002_gate.sql": "-- +goose Up\nCREATE TABLE before (n integer);\nALTER TABLE gate ADD COLUMN m integer;\n"}
	for name, text := range series(3) {
		if name != "00002_t.sql" {
			texts[name] = text
		}
	}
	return texts
}

// closeGate makes the table, locks it, and returns what waits until a migration comes to it, and what opens it.
func closeGate(t *testing.T, troupe *coordinator.Troupe, shard messages.ShardID) (reached func() error, open func()) {
	t.Helper()
	run(t, troupe, shard, `CREATE TABLE gate (n integer)`)
	holder, err := troupe.Begin(coordinator.OnShard(within(t), shard))
	require.NoError(t, err)
	_, err = holder.Exec(within(t), `LOCK TABLE gate`)
	require.NoError(t, err)
	reached = func() error {
		for {
			var waiting int
			if err := holder.QueryRow(within(t), `SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'`).Scan(&waiting); err != nil || waiting > 0 {
				return err
			}
		}
	}
	return reached, func() { _ = holder.Rollback(context.Background()) } // where the server was killed there is none any more
}

// TestAProcessIsKilled in the middle of a file: the file is undone, and another process goes on with it.
func TestAProcessIsKilled(t *testing.T) {
	w := work{Shards: []string{string(lite(t, "a").DSN), pgtest.Shared(t).DSN()}, Files: gated()}
	texts := maps.Clone(w.Files)
	texts["00002_gate.sql"] = strings.Replace(texts["00002_gate.sql"], "ALTER TABLE gate ADD COLUMN m integer;", "CREATE TABLE IF NOT EXISTS gate (n integer);\nALTER TABLE gate ADD COLUMN m integer;", 1)
	w.Files = texts
	troupe := over(t, shards(w.Shards)...)
	reached, open := closeGate(t, troupe, "s1")
	p := start(t, w)
	p.begin(t)
	require.NoError(t, reached())
	require.NoError(t, p.Process.Kill())
	require.Error(t, p.Wait())
	open()
	report, err := migrations.Migrate(within(t), troupe, files(w.Files), migrations.Options{})
	require.NoError(t, err)
	require.Equal(t, int64(3), report.Shards[1].Version)
	require.Equal(t, []int64{2, 3}, versionsOf(report.Shards[1]))
	require.Equal(t, 4, number(t, troupe, "s1", `SELECT count(*) FROM goose_db_version`))
}

// TestAServerIsKilled in the middle of a file, and comes back: the others are done, and it goes on where it was.
func TestAServerIsKilled(t *testing.T) {
	cluster := pgtest.Start(t)
	texts := gated()
	texts["00002_gate.sql"] = strings.Replace(texts["00002_gate.sql"], "ALTER TABLE", "CREATE TABLE IF NOT EXISTS gate (n integer);\nALTER TABLE", 1)
	troupe := over(t, lite(t, "l"), shardworker.Shard{ID: "k", DSN: shardworker.DSN(cluster.DSN())}, postgres(t, "p"))
	reached, open := closeGate(t, troupe, "k")
	killed := make(chan error, 1)
	go func() {
		if err := reached(); err != nil {
			killed <- err
			return
		}
		killed <- cluster.Kill9()
	}()
	report, err := migrations.Migrate(within(t), troupe, files(texts), migrations.Options{})
	require.NoError(t, <-killed)
	open()
	require.ErrorIs(t, err, messages.ErrPartialCommit)
	require.Equal(t, ids("k"), report.Unfinished())
	require.False(t, report.Shards[1].Done || report.Shards[1].Unknown, "it wasn't committed: %v", report)
	require.Equal(t, []int64{1}, versionsOf(report.Shards[1]))
	require.EqualValues(t, migrations.Unknown, report.Shards[1].Version)

	require.NoError(t, cluster.StartAgain())
	report, err = migrations.Migrate(within(t), troupe, files(texts), migrations.Options{Shards: report.Unfinished()})
	require.NoError(t, err)
	require.Equal(t, []int64{2, 3}, versionsOf(report.Shards[0]))
}

// TestTheContextEnds in the middle of a file: it is undone, and the lock is free.
func TestTheContextEnds(t *testing.T) {
	troupe := over(t, shardworker.Shard{ID: "p", DSN: shardworker.DSN(pgtest.Shared(t).DSN())})
	reached, open := closeGate(t, troupe, "p")
	ctx, cancel := context.WithCancel(within(t))
	go func() {
		_ = reached() // an error of it shows as a migration that ends otherwise
		cancel()
	}()
	report, err := migrations.Migrate(ctx, troupe, files(gated()), migrations.Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []int64{1}, versionsOf(report.Shards[0]))
	open()
	report, err = migrations.Migrate(within(t), troupe, files(gated()), migrations.Options{})
	require.NoError(t, err)
	require.Equal(t, []int64{2, 3}, versionsOf(report.Shards[0]))
}

func versionsOf(s migrations.ShardReport) []int64 {
	var list []int64
	for _, a := range s.Applied {
		list = append(list, a.Version)
	}
	return list
}
