package txtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// stage is a troupe over databases that outlive it.
type stage struct {
	*coordinator.Troupe
	dbs    []*database
	change func(*coordinator.Config)
}

// open returns a stage over a database for each letter of kinds, see openDatabase. The shards are s0, s1, …, and each
// has one connection, or one reader and one writer, so that one that is lost is missed.
func open(t testing.TB, kinds string, change func(*coordinator.Config)) *stage {
	t.Helper()
	return openWith(t, kinds, 1, change)
}

// openWide is open with enough connections for transactions to meet in the databases and not before.
func openWide(t testing.TB, kinds string) *stage {
	t.Helper()
	return openWith(t, kinds, 4, nil)
}

func openWith(t testing.TB, kinds string, conns int, change func(*coordinator.Config)) *stage {
	t.Helper()
	s := &stage{change: change}
	for i, kind := range kinds {
		s.dbs = append(s.dbs, openDatabase(t, messages.ShardID(fmt.Sprintf("s%d", i)), kind, conns))
	}
	s.raise(t)
	t.Cleanup(func() {
		if s.Troupe != nil {
			require.NoError(t, s.Close(within(t, limit)))
		}
	})
	return s
}

// raise spawns the troupe.
func (s *stage) raise(t require.TestingT) {
	cfg := coordinator.Config{Logger: quiet}
	for _, d := range s.dbs {
		cfg.Shards = append(cfg.Shards, d.shard(t))
	}
	if s.change != nil {
		s.change(&cfg)
	}
	var err error
	s.Troupe, err = coordinator.Spawn(context.Background(), cfg)
	require.NoError(t, err)
}

// everywhere runs SQL on every database, past troupe.
func (s *stage) everywhere(t require.TestingT, sql string) {
	for _, d := range s.dbs {
		d.exec(t, sql)
	}
}

// requireIdle checks that no database has a transaction open.
func (s *stage) requireIdle(t require.TestingT) {
	for _, d := range s.dbs {
		d.requireIdle(t)
	}
}

func (s *stage) disarm() {
	for _, d := range s.dbs {
		d.trap.arm()
	}
}

// on pins a context to the shard of d.
func on(ctx context.Context, d *database) context.Context { return coordinator.OnShard(ctx, d.id) }

const createLedger = "create table ledger (run bigint not null, part text not null, primary key (run, part))"

// entries returns how many rows of the ledger each shard has for run, past troupe.
func (s *stage) entries(t require.TestingT, run int64) map[messages.ShardID]int {
	there := map[messages.ShardID]int{}
	for _, d := range s.dbs {
		there[d.id] = d.number(t, "select count(*) from ledger where run = %d", run)
	}
	return there
}

// requireWorking checks that a transaction over all shards can be run, so that no connection is missing.
func (s *stage) requireWorking(t require.TestingT, run int64) {
	ctx, cancel := context.WithTimeout(context.Background(), limit/3)
	defer cancel()
	require.NoError(t, s.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
		for _, d := range s.dbs {
			if _, err := tx.Exec(on(ctx, d), "insert into ledger values ($1, $2)", run, "after"); err != nil {
				return err
			}
		}
		return nil
	}), "the troupe doesn't go on working")
	for id, n := range s.entries(t, run) {
		require.Equal(t, 1, n, id)
	}
}
