package schema_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// two is a text of two statements, of which the second fails where there is a table b.
const two = `CREATE TABLE a (n integer); CREATE TABLE b (n integer)`

func TestApply(t *testing.T) {
	for name, shards := range map[string]func(*testing.T) []shardworker.Shard{
		"SQLite": func(t *testing.T) []shardworker.Shard {
			return []shardworker.Shard{lite(t, "x"), lite(t, "y"), lite(t, "z")}
		},
		"PostgreSQL": func(t *testing.T) []shardworker.Shard {
			return []shardworker.Shard{postgres(t, "x"), postgres(t, "y"), postgres(t, "z")}
		},
		"mixed": func(t *testing.T) []shardworker.Shard {
			return []shardworker.Shard{lite(t, "x"), postgres(t, "y"), lite(t, "z")}
		},
		"memory": func(*testing.T) []shardworker.Shard {
			return []shardworker.Shard{{ID: "x", DSN: "sqlite::memory:"}, {ID: "y", DSN: "sqlite::memory:"}, {ID: "z", DSN: "sqlite::memory:"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			troupe := over(t, shards(t)...)
			for _, id := range ids("x", "y") {
				run(t, troupe, id, `CREATE TABLE b (old integer)`)
			}
			report, err := schema.Apply(within(t), troupe, two, schema.Options{})
			require.ErrorIs(t, err, messages.ErrPartialCommit)
			require.ErrorIs(t, err, messages.ErrStatement)
			require.Equal(t, ids("z"), report.Done())
			require.Equal(t, ids("x", "y"), report.Failed())
			for _, id := range ids("x", "y") { // all or nothing
				_, err := troupe.Exec(coordinator.OnShard(within(t), id), `SELECT n FROM a`)
				require.ErrorIs(t, err, messages.ErrStatement)
			}
			run(t, troupe, "x", `DROP TABLE b`)
			run(t, troupe, "y", `DROP TABLE b`)
			report, err = schema.Apply(within(t), troupe, two, schema.Options{Shards: report.Failed(), Canary: "x"})
			require.NoError(t, err)
			require.Equal(t, ids("x", "y"), report.Done())
			report, err = schema.Apply(within(t), troupe, two, schema.Options{Shards: report.Failed()})
			require.NoError(t, err)
			require.Empty(t, report.Shards, "nothing was left to do")
			found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
			require.NoError(t, err)
			require.True(t, found.Empty(), "%v", found)
		})
	}
}

func TestApplyWithoutTransaction(t *testing.T) {
	troupe := over(t, postgres(t, "p"), lite(t, "l"))
	_, err := schema.Apply(within(t), troupe, `CREATE TABLE a (n integer)`, schema.Options{})
	require.NoError(t, err)
	const concurrent = `CREATE INDEX CONCURRENTLY i ON a (n)`
	_, err = schema.Apply(within(t), troupe, concurrent, schema.Options{Shards: ids("p")})
	var pg *pgconn.PgError
	require.ErrorAs(t, err, &pg)
	require.Equal(t, "25001", pg.Code)
	_, err = schema.Apply(within(t), troupe, concurrent, schema.Options{Shards: ids("p"), NoTransaction: true})
	require.NoError(t, err)
	_, err = schema.Apply(within(t), troupe, `VACUUM`, schema.Options{NoTransaction: true})
	require.NoError(t, err)

	// SQLite commits each statement: what was done before one that fails is there, and nothing is said to have failed cleanly.
	report, err := schema.Apply(within(t), troupe, `CREATE TABLE c (n integer); CREATE TABLE a (n integer)`, schema.Options{NoTransaction: true})
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.Equal(t, ids("l"), report.Unknown())
	require.Equal(t, ids("p"), report.Failed())

	// A transaction that the text leaves open is undone, and so isn't done.
	report, err = schema.Apply(within(t), troupe, `BEGIN; CREATE TABLE d (n integer)`, schema.Options{NoTransaction: true})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.Equal(t, ids("p", "l"), report.Failed())
	report, err = schema.Apply(within(t), troupe, `BEGIN; CREATE TABLE d (n integer); COMMIT; BEGIN; DROP TABLE d`, schema.Options{NoTransaction: true})
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.Equal(t, ids("p", "l"), report.Unknown())
	_, err = schema.Apply(within(t), troupe, `BEGIN; DROP TABLE d; COMMIT`, schema.Options{NoTransaction: true})
	require.NoError(t, err)
}

func TestApplyRefuses(t *testing.T) {
	troupe := over(t, lite(t, "l"))
	_, err := schema.Apply(within(t), troupe, " \n", schema.Options{})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	tx, err := troupe.BeginAll(within(t), coordinator.TxOptions{})
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(within(t))) }()
	_, err = schema.Apply(coordinator.WithTx(within(t), tx), troupe, `SELECT 1`, schema.Options{})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
}

func TestApplyEndsWithItsContext(t *testing.T) {
	troupe := over(t, postgres(t, "p"), lite(t, "l"))
	run(t, troupe, "p", `CREATE TABLE a (n integer)`)
	tx, err := troupe.Begin(coordinator.OnShard(within(t), "p"))
	require.NoError(t, err)
	_, err = tx.Exec(within(t), `LOCK TABLE a`)
	require.NoError(t, err)
	ctx, cancel := context.WithCancelCause(within(t))
	go func() {
		defer cancel(errors.New("enough"))
		for { // until the other shard is done, and this one waits for the lock
			_, done := troupe.Exec(coordinator.OnShard(within(t), "l"), `SELECT more FROM a`)
			var waiting int
			err := tx.QueryRow(within(t), `SELECT count(*) FROM pg_locks WHERE NOT granted`).Scan(&waiting)
			if err != nil || waiting > 0 && done == nil {
				return
			}
		}
	}()
	run(t, troupe, "l", `CREATE TABLE a (n integer)`)
	report, err := schema.Apply(ctx, troupe, `ALTER TABLE a ADD COLUMN more text`, schema.Options{})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, ids("l"), report.Done())
	require.NoError(t, tx.Rollback(within(t)))
	require.NotContains(t, report.Done(), messages.ShardID("p"))
}

// TestApplyGoesOnAfterAServerWasKilled kills a shard's server while it waits in the middle of a text, and resumes.
func TestApplyGoesOnAfterAServerWasKilled(t *testing.T) {
	cluster := pgtest.Start(t)
	troupe := over(t, lite(t, "l"), shardworker.Shard{ID: "k", DSN: shardworker.DSN(cluster.DSN())}, postgres(t, "p"))
	run(t, troupe, "k", `CREATE TABLE gate (n integer)`)
	holder, err := troupe.Begin(coordinator.OnShard(within(t), "k"))
	require.NoError(t, err)
	_, err = holder.Exec(within(t), `LOCK TABLE gate`)
	require.NoError(t, err)
	killed := make(chan error, 1)
	go func() {
		for {
			var waiting int
			err := holder.QueryRow(within(t), `SELECT count(*) FROM pg_locks WHERE NOT granted`).Scan(&waiting)
			if err != nil {
				killed <- err
				return
			}
			if waiting > 0 {
				killed <- cluster.Kill9()
				return
			}
		}
	}()
	const text = `CREATE TABLE a (n integer); CREATE TABLE IF NOT EXISTS gate (n integer); ALTER TABLE gate ADD COLUMN m integer`
	report, err := schema.Apply(within(t), troupe, text, schema.Options{})
	require.NoError(t, <-killed)
	require.Error(t, err)
	require.Equal(t, ids("l", "p"), report.Done())
	require.Equal(t, ids("k"), report.Failed(), "it wasn't committed, so it isn't there: %v", err)
	_ = holder.Rollback(within(t)) // the server has done it

	require.NoError(t, cluster.StartAgain())
	report, err = schema.Apply(within(t), troupe, text, schema.Options{Shards: report.Failed()})
	require.NoError(t, err)
	require.Equal(t, ids("k"), report.Done())
	found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
	require.NoError(t, err)
	require.True(t, found.Empty(), "%v", found)
}
