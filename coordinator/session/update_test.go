package session_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// TestUpdateProperty: whatever columns of whatever rows change, one statement on each shard makes the tables what the objects are, and
// counts the versions of the rows that changed.
func TestUpdateProperty(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.session(t)
		var accounts []*account
		for i := range 12 {
			a := &account{Region: []string{"Asia", "Europe"}[i%2], Balance: int64(i)}
			accounts = append(accounts, a)
			require.NoError(t, s.Add(a))
		}
		require.NoError(t, s.Commit(t.Context()))
		rapid.Check(t, func(r *rapid.T) {
			ctx := watch(t)
			shards := map[messages.ShardID]bool{}
			want := map[messages.ShardID][]string{}
			for _, a := range accounts {
				_, err := session.ByKey[account](t.Context(), s, a.Key())
				require.NoError(r, err)
				balance, within, version := a.Balance, a.Within, a.Version
				if rapid.Bool().Draw(r, "balance") {
					a.Balance = rapid.Int64Range(-2, 2).Draw(r, "to")
				}
				switch rapid.IntRange(0, 2).Draw(r, "within") {
				case 0:
					a.Within = nil
				case 1:
					a.Within = ptr(rapid.Int64Range(1, 6).Draw(r, "in"))
				}
				if a.Balance != balance || fmt.Sprint(deref(a.Within)) != fmt.Sprint(deref(within)) {
					version++
					shards[a.Key().Shard] = true
				}
				want[a.Key().Shard] = append(want[a.Key().Shard], fmt.Sprint(a.ID, " ", a.Balance, " ", deref(a.Within), " ", version))
			}
			require.NoError(r, s.Flush(ctx))
			updates := 0
			for _, c := range ctx.calls() {
				if c[:6] == "UPDATE" {
					updates++
				}
			}
			require.Equal(r, len(shards), updates)
			require.NoError(r, s.Commit(ctx))
			require.Equal(r, want, w.rows(t, "select id, balance, within, version from accounts order by id"))
		})
	})
}

func deref(p *int64) any {
	if p == nil {
		return nil
	}
	return *p
}

// TestNoRowInSilence: a row that a trigger keeps from being inserted is an error, and not an object without a row.
func TestNoRowInSilence(t *testing.T) {
	w := newPostgres(t)
	ctx := t.Context()
	for _, sql := range []string{
		"create function skip() returns trigger language plpgsql as 'begin return null; end'",
		"create trigger skip before insert on locations for each row execute function skip()",
		"create trigger skip before insert on accounts for each row when (new.balance = 1) execute function skip()",
	} {
		_, err := w.Exec(coordinator.OnShard(ctx, asia), sql)
		require.NoError(t, err)
	}
	for _, object := range []any{&location{Continent: "Asia"}, &account{Region: "Asia", Balance: 1}} {
		s := w.session(t)
		require.NoError(t, s.Add(object))
		require.NoError(t, s.Add(&account{Region: "Asia", Balance: 2}))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrStatement)
		require.NoError(t, s.Rollback(ctx))
	}
}
