package session_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// TestOneDatabase: shards that are one database, told apart by their names, share a connection in the transaction.
func TestOneDatabase(t *testing.T) {
	prefixed := func(c *coordinator.Config) {
		for i := range c.Shards {
			c.Shards[i].Names = shardworker.Names{Prefix: fmt.Sprintf("p%d_", i)}
		}
	}
	for name, dsn := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "all.db"), "postgresql": ""} {
		t.Run(name, func(t *testing.T) {
			if name == "postgresql" {
				dsn = pgtest.Shared(t).DSN()
			}
			w := newWorld(t, name == "postgresql", func() string { return dsn }, []func(*coordinator.Config){prefixed})
			ctx := watch(t)
			s := w.session(t)
			tokyo, rome := &location{Continent: "Asia", City: "Tokyo", Reports: []*report{{Degrees: 1}, {Degrees: 2}}}, &location{Continent: "Europe", City: "Rome", Reports: []*report{{}}}
			a, b := &account{Region: "Asia", Entries: []*entry{{}}}, &account{Region: "Europe"}
			require.NoError(t, s.Add(tokyo, rome, a, b, &account{Region: "Asia"}))
			require.NoError(t, s.Flush(ctx))
			require.Len(t, ctx.calls(), 7)
			p, err := s.Begin(ctx)
			require.NoError(t, err)
			tokyo.City, rome.City, a.Balance = "Edo", "Roma", 5
			require.NoError(t, s.Delete(rome.Reports[0], tokyo.Reports[1]))
			require.NoError(t, s.Flush(ctx))
			require.NoError(t, p.Rollback(ctx))
			a.Region = "Europe"
			require.ErrorIs(t, s.Flush(ctx), messages.ErrWrongShard)
			require.NoError(t, s.Rollback(ctx))
			a.Region, a.Balance = "Asia", 0
			require.NoError(t, s.Add(tokyo, rome, a, b))
			require.NoError(t, s.Commit(ctx))
			require.NoError(t, s.Refresh(ctx, tokyo, rome, a, b))
			require.NoError(t, s.Load(ctx, "Reports", tokyo, rome))
			require.Equal(t, []int{2, 1}, []int{len(tokyo.Reports), len(rome.Reports)})
			b.Region = "North America"
			require.NoError(t, s.MoveRow(ctx, b))
			all, err := session.Select[location](ctx, s, "select * from locations order by city")
			require.NoError(t, err)
			require.Equal(t, []*location{rome, tokyo}, all)
			require.NoError(t, s.Commit(ctx))
			require.Equal(t, onShards{asia: {"Tokyo"}, europe: {"Rome"}}, w.rows(t, "select city from locations"))
			require.Equal(t, onShards{northAmerica: {"North America"}, asia: {"Asia"}}, w.rows(t, "select region from accounts"))
		})
	}
}
