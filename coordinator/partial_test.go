package coordinator_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

const insert = "insert into t values (1)"

// TestWriteThatTookEffectOnSomeShards: one shard's "nothing was sent" must not be read as "nothing happened".
func TestWriteThatTookEffectOnSomeShards(t *testing.T) {
	refused := &messages.Error{Code: messages.ErrStatement, Detail: "a trigger says no"}
	for name, fail := range map[string]struct {
		script func(f *fake.Backend, step fake.Step)
		code   messages.Code
	}{
		"unreachable": {func(f *fake.Backend, step fake.Step) {
			f.At(fake.AtAcquire, step, fake.Fail(&messages.Error{Code: messages.ErrUnavailable}))
		}, messages.ErrUnavailable},
		"refused": {func(f *fake.Backend, step fake.Step) {
			f.Reply("insert", fake.Tag("INSERT 0 1").At(fake.AtQuery, step, fake.Fail(refused)))
		}, messages.ErrStatement},
	} {
		for way, run := range map[string]func(c cast) error{
			"exec": func(c cast) error {
				_, err := c.Exec(coordinator.AllShards(t.Context()), insert)
				return err
			},
			"future": func(c cast) error {
				_, err := c.Send(coordinator.AllShards(t.Context()), &messages.Exec{SQL: insert}).Await(t.Context())
				return err
			},
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				c := spawn(t, 3, nil)
				done := fake.NewGate()
				c.fakes["s0"].Reply("insert", fake.Tag("INSERT 0 1").At(fake.AtCursorClose, fake.Wait(opened(done))))
				c.fakes["s1"].Reply("insert", fake.Tag("INSERT 0 1"))
				afterS0 := fake.Stubborn(func(context.Context) error {
					<-done.Arrived()
					for c.fakes["s0"].Stats().InUse > 0 { // until it has let go, which is microseconds away
						runtime.Gosched()
					}
					return nil
				})
				fail.script(c.fakes["s1"], afterS0)
				c.fakes["s2"].Reply("insert", fake.Tag("").At(fake.AtQuery, afterS0, fake.Fail(refused)))

				err := run(c)
				require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
				var partial *coordinator.PartialError
				require.ErrorAs(t, err, &partial)
				require.Len(t, partial.Outcomes, 3)
				for _, o := range partial.Outcomes {
					require.Equal(t, o.Err == nil, o.Done, o.Shard)
				}
				require.Positive(t, len(messages.ShardErrors(err)))
			})
		}
	}
}

func opened(g *fake.Gate) *fake.Gate {
	g.Open()
	return g
}

// TestWriteWithoutAnyEffect: where every shard says that nothing happened, the error says no more than that.
func TestWriteWithoutAnyEffect(t *testing.T) {
	c := spawn(t, 3, nil)
	c.reply("insert", fake.Error(errors.New("a trigger says no")))
	_, err := c.Exec(coordinator.AllShards(t.Context()), insert)
	require.ErrorIs(t, err, messages.ErrStatement)
	require.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
}

// TestReturningThatTookEffectOnSomeShards: rows of a write that fail on one shard have the others' effect behind them.
func TestReturningThatTookEffectOnSomeShards(t *testing.T) {
	c := spawn(t, 2, nil)
	rows := fake.Rows(fake.Column("n", pgtype.Int8OID))
	c.fakes["s0"].Reply("update", rows.Row(int64(1)).WithTag("UPDATE 1"))
	broken := fake.NewGate()
	c.fakes["s1"].Reply("update", rows.Row(int64(1)).Row(int64(2)).At(fake.AtRow(1), fake.Wait(broken), fake.Fail(errors.New("broken"))))
	got, err := c.Query(coordinator.AllShards(t.Context()), "update t set n = n returning n")
	require.NoError(t, err)
	<-broken.Arrived()
	broken.Open()
	for got.Next() {
	}
	require.ErrorIs(t, got.Err(), messages.ErrOutcomeUnknown)
	var partial *coordinator.PartialError
	require.ErrorAs(t, got.Err(), &partial)
	require.ErrorContains(t, partial, "took effect on s0")
}

// TestChooserMayAskTheTroupe: however many calls wait for their choosers, what the choosers ask has a place.
func TestChooserMayAskTheTroupe(t *testing.T) {
	var c cast
	c = spawn(t, 2, func(cfg *coordinator.Config) {
		cfg.MaxInFlight = 1
		cfg.ExecuteChooser = func(ctx context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
			var n int64
			err := c.QueryRow(coordinator.OnShard(ctx, "s0"), "select directory").Scan(&n, nil)
			return shards{"s1"}, err
		}
	})
	c.reply("select", numbered(1))
	for range 3 {
		require.NoError(t, readAll(t.Context(), c, "select n, pad from t"))
	}
	require.Zero(t, c.Admitted())
}

// TestCallThatIsOverBeforeItComes: a call whose context ended between admission and the coordinator isn't kept.
func TestCallThatIsOverBeforeItComes(t *testing.T) {
	c := spawn(t, 1, nil)
	kept, err := c.AcceptOver(t.Context())
	require.NoError(t, err)
	require.Zero(t, kept)
	require.Zero(t, c.Admitted())
}
