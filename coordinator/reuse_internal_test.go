package coordinator

import (
	"context"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// scanFirstOf scans the first row of a statement, once ready is closed, and returns the call that it was, which nobody has used since.
func scanFirstOf(t *testing.T, troupe *Troupe, sql string, ready <-chan struct{}) *call {
	t.Helper()
	c, err := troupe.prepare(context.Background(), inquiry{sql: sql, wantRows: true})
	require.NoError(t, err)
	require.NoError(t, c.run())
	r := &row{newRows(c)}
	<-ready
	var n int64
	require.NoError(t, r.Scan(&n))
	require.EqualValues(t, 7, n)
	return c
}

// TestOnlyCallsThatEndedWellAreUsedAgain: a worker that gives up a job ends its call, and the job may be about to speak to it.
func TestOnlyCallsThatEndedWellAreUsedAgain(t *testing.T) {
	backend := fake.New(fake.Config{})
	troupe, err := Spawn(t.Context(), Config{
		Shards: []shardworker.Shard{{ID: "s0", Backend: backend}}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, troupe.Close(context.Background())) }()
	one := fake.Rows(fake.Column("n", pgtype.Int8OID)).Row(int64(7))

	ready := make(chan struct{})
	close(ready)
	backend.Reply("select one", one)
	require.Nil(t, scanFirstOf(t, troupe, "select one", ready).troupe, "it was given back")

	gate := fake.NewGate()
	backend.Reply("select more", one.Row(int64(8)).At(fake.AtRow(2), fake.Wait(gate)))
	require.NotNil(t, scanFirstOf(t, troupe, "select more", gate.Arrived()).troupe, "it was cancelled")

	running := make(chan struct{})
	left := make(chan struct{})
	backend.Reply("select lost", one.Row(int64(8)).At(fake.AtRow(2), func(ctx context.Context) error {
		close(running)
		<-ctx.Done() // the reader has left
		err := troupe.workers[0].Load().Stop(context.Background())
		<-left
		return err
	}))
	c := scanFirstOf(t, troupe, "select lost", running)
	require.NotNil(t, c.troupe, "its job still runs")
	require.ErrorIs(t, c.stream.Ends()[0].Err, messages.ErrShardLost)
	close(left)
}
