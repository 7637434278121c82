package txtest_test

import (
	"context"
	"flag"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
)

// openPool returns a pool of pgx on a database of its own.
func openPool(t testing.TB) (*pgxpool.Pool, *database) {
	t.Helper()
	d := openDatabase(t, "pgx", 'p', 1)
	pool, err := pgxpool.New(background(t), d.dsn)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool, d
}

// drawOptions draws what a transaction can be begun with.
func drawOptions(t *rapid.T) pgx.TxOptions {
	return pgx.TxOptions{
		IsoLevel:       rapid.SampledFrom([]pgx.TxIsoLevel{"", "", pgx.Serializable, pgx.RepeatableRead, pgx.ReadCommitted, pgx.ReadUncommitted}).Draw(t, "isolation"),
		AccessMode:     rapid.SampledFrom([]pgx.TxAccessMode{"", "", "", pgx.ReadWrite, pgx.ReadOnly}).Draw(t, "access"),
		DeferrableMode: rapid.SampledFrom([]pgx.TxDeferrableMode{"", "", pgx.Deferrable, pgx.NotDeferrable}).Draw(t, "deferrable"),
	}
}

// drawPlay draws operations on a transaction and those nested in it. Most address the innermost one that is open, some
// any that ever was. What is ended ends what is open within it.
func drawPlay(t *rapid.T, kinds []string) []operation {
	var play []operation
	open, begun := []int{0}, 1
	for range rapid.IntRange(1, 14).Draw(t, "length") {
		o := operation{
			kind: rapid.SampledFrom(kinds).Draw(t, "kind"), tx: rapid.IntRange(0, begun-1).Draw(t, "tx"), key: rapid.IntRange(0, 4).Draw(t, "key"),
		}
		at := len(open) - 1
		if at >= 0 && rapid.IntRange(0, 4).Draw(t, "innermost") == 0 {
			at = rapid.IntRange(0, at).Draw(t, "which")
		}
		ends := o.kind == "commit" || o.kind == "rollback"
		if at >= 0 && (ends || o.kind == "begin" || rapid.IntRange(0, 3).Draw(t, "open") > 0) {
			o.tx = open[at]
		}
		switch {
		case ends && at >= 0:
			open = open[:at]
		case o.kind == "begin" && at >= 0:
			open = append(open, begun)
			begun++
		}
		play = append(play, o)
	}
	return play
}

func TestTxIsPgxTx(t *testing.T) {
	for name, kinds := range map[string]string{"PostgreSQL": "p", "SQLite": "s"} {
		t.Run(name, func(t *testing.T) {
			pool, theirs := openPool(t)
			s := open(t, kinds, nil)
			theirs.exec(t, createPlay)
			s.everywhere(t, createPlay)
			all := []string{"begin", "begin", "begin", "commit", "commit", "rollback", "rollback", "row", "left early"}
			for _, kind := range slices.Sorted(maps.Keys(statements)) {
				if kind != late || kinds == "p" {
					all = append(all, kind)
				}
			}
			ours := s.dbs[0]
			n := 0
			rapidly(t, repeats(500, 20000), func(rt *rapid.T) {
				n++
				for _, d := range []*database{theirs, ours} {
					d.exec(rt, "delete from child")
					d.exec(rt, "delete from t")
					d.exec(rt, "insert into t values (0, 5), (1, 6), (3, 8)")
				}
				options := drawOptions(rt)
				compare(rt, drawPlay(rt, all), options, &side{beginner: pool}, &side{beginner: s.Troupe}, kinds)
				ours.requireIdle(rt)
				require.Equal(rt, theirs.contents(rt), ours.contents(rt), "what is committed")
			})
			t.Logf("%d sequences", n)
		})
	}
}

// compare plays the same on both sides and requires the same answers.
func compare(t *rapid.T, play []operation, options pgx.TxOptions, theirs, ours *side, kinds string) {
	ctx, cancel := context.WithTimeout(coordinator.OnShard(context.Background(), "s0"), limit)
	defer cancel()
	for _, s := range []*side{theirs, ours} {
		tx, err := s.beginner.BeginTx(ctx, options)
		require.NoError(t, err)
		s.txs = []pgx.Tx{tx}
		defer func() { _ = tx.Rollback(ctx) }()
	}
	if kinds == "p" {
		for _, setting := range []string{"transaction_isolation", "transaction_read_only", "transaction_deferrable"} {
			var a, b string
			require.NoError(t, theirs.txs[0].QueryRow(ctx, "select current_setting($1)", setting).Scan(&a))
			require.NoError(t, ours.txs[0].QueryRow(ctx, "select current_setting($1)", setting).Scan(&b))
			require.Equal(t, a, b, setting)
		}
	}
	for i, o := range play {
		if o.tx >= len(theirs.txs) { // its begin failed on both sides
			continue
		}
		failed := theirs.txs[0].Conn().PgConn().TxStatus() == 'E'
		want, got := theirs.play(ctx, o), ours.play(ctx, o)
		if failed && (want == noSuch || want == objection) { // they come first, if the statement isn't prepared; troupe sends nothing
			want = "aborted"
		}
		require.Equal(t, want, got, "operation %d: %s of %v", i, o, play[:i])
		require.Len(t, ours.txs, len(theirs.txs))
	}
}

// rapidly checks a property a number of times, whatever the flags say.
func rapidly(t *testing.T, times int, property func(*rapid.T)) {
	t.Helper()
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(times), "rapid.shrinktime": "10s"} {
		before := flag.Lookup(name).Value.String()
		require.NoError(t, flag.Set(name, value))
		defer func() { require.NoError(t, flag.Set(name, before)) }()
	}
	rapid.Check(t, property)
}
