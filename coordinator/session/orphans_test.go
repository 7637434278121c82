package session_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// spot is a row of a tree whose table has no foreign key.
type spot struct {
	coordinator.Identity
	ID     int64  `db:"id,pk"`
	Region string `db:"region"`
	Within *int64 `db:"within"`
	Parent *spot  `db:"-" ref:"within"`
}

func (*spot) TableName() string { return "spots" }

func spotChooser(c *coordinator.Config) {
	c.ShardChooser = func(_ context.Context, o any) (messages.ShardID, error) { return continents[o.(*spot).Region], nil }
}

func seedSpots(t *testing.T, w *world) {
	w.exec(t, "create table spots (id bigint primary key, region text, within bigint)")
	_, err := w.Exec(coordinator.OnShard(t.Context(), asia), "insert into spots values (1, 'Asia', null), (2, 'Asia', 1), (3, 'Asia', null)")
	require.NoError(t, err)
}

// TestMoveRowLeavesNone: a child that the session knows is one by its column, too.
func TestMoveRowLeavesNone(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		seedSpots(t, w)
		ctx := t.Context()
		s := w.session(t)
		parent, child := mustGet[spot](t, ctx, s, 1), mustGet[spot](t, ctx, s, 2)
		require.Nil(t, child.Parent)
		parent.Region = "Europe"
		err := s.MoveRow(ctx, parent)
		require.ErrorIs(t, err, messages.ErrWrongShard)
		require.ErrorContains(t, err, child.Key().String())
		require.NoError(t, s.Rollback(ctx))
		child.Within, parent.Region = nil, "Europe"
		require.NoError(t, s.MoveRow(ctx, parent))
		child.Region = "Europe"
		require.NoError(t, s.MoveRow(ctx, child))
		own := mustGet[spot](t, ctx, s, 3)
		own.Region, own.Within = "Europe", &own.ID
		require.NoError(t, s.MoveRow(ctx, own), "it is no child of its own that stays")
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{europe: {"1", "2", "3"}}, w.rows(t, "select id from spots order by id"))
	}, spotChooser)
}

// TestParentDeleted: no row gets a parent that the same flush deletes, however it is given.
func TestParentDeleted(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		seedSpots(t, w)
		ctx := t.Context()
		s := w.session(t)
		parent, other := mustGet[spot](t, ctx, s, 1), mustGet[spot](t, ctx, s, 3)
		for name, orphan := range map[string]func() error{
			"new, by its ref":        func() error { return s.Add(&spot{ID: 4, Region: "Asia", Parent: parent}) },
			"new, by its column":     func() error { return s.Add(&spot{ID: 4, Region: "Asia", Within: &parent.ID}) },
			"changed, by its ref":    func() error { other.Parent = parent; return nil },
			"changed, by its column": func() error { other.Within = &parent.ID; return nil },
		} {
			require.NoError(t, s.Delete(parent))
			require.NoError(t, orphan(), name)
			err := s.Commit(ctx)
			require.ErrorIs(t, err, messages.ErrInvalidRequest, name)
			require.ErrorContains(t, err, parent.Key().String(), name)
			require.NoError(t, s.Rollback(ctx))
		}
		child := mustGet[spot](t, ctx, s, 2)
		child.Within = nil
		require.NoError(t, s.Delete(parent))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"2 <nil>", "3 <nil>"}}, w.rows(t, "select id, within from spots order by id"))
	}, spotChooser)
}

// tenantRow has a key of two columns, the second of which the database gives.
type tenantRow struct {
	coordinator.Identity
	Tenant int32 `db:"tenant,pk"`
	ID     int64 `db:"id,pk,auto"`
}

func (*tenantRow) TableName() string { return "tenant_rows" }

// tenantLink has two parents, of the same tenant.
type tenantLink struct {
	coordinator.Identity
	ID     int64      `db:"id,pk"`
	Tenant *int64     `db:"tenant"`
	A      *int64     `db:"a"`
	B      *int64     `db:"b"`
	From   *tenantRow `db:"-" ref:"tenant,a"`
	To     *tenantRow `db:"-" ref:"tenant,b"`
}

func (*tenantLink) TableName() string { return "tenant_links" }

// TestSharedColumn: two refs share a column, and parents that disagree in it are refused, whether their keys are known or given later.
func TestSharedColumn(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		auto := "id integer primary key, unique (tenant, id)"
		if w.postgres {
			auto = "id bigserial, primary key (tenant, id)"
		}
		w.exec(t, "create table tenant_rows (tenant bigint, "+auto+")")
		w.exec(t, "create table tenant_links (id bigint primary key, tenant bigint, a bigint, b bigint)")
		ctx := coordinator.OnShard(t.Context(), asia)
		s := w.session(t)
		of := func(tenant int32) *tenantRow { return &tenantRow{Tenant: tenant} }
		refused := func() {
			require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
			require.NoError(t, s.Rollback(ctx))
		}
		require.NoError(t, s.Add(&tenantLink{ID: 1, From: of(1), To: of(2)}))
		refused() // when both have their keys
		one, another, two := of(1), of(1), of(2)
		require.NoError(t, s.Add(one, another, two))
		require.NoError(t, s.Commit(ctx))
		require.NoError(t, s.Add(&tenantLink{ID: 1, From: one, To: two}))
		refused()
		require.NoError(t, s.Add(&tenantLink{ID: 1, From: of(2), To: one}))
		refused()

		link := &tenantLink{ID: 1, From: one, To: of(1)}
		require.NoError(t, s.Add(link))
		require.NoError(t, s.Commit(ctx))
		link.From = two
		refused()
		require.Same(t, one, link.From)
		link.To = of(2)
		refused()
		link.From = another
		require.NoError(t, s.Commit(ctx))
		link.From, link.To = two, of(2)
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"2 2"}},
			w.rows(t, "select l.tenant, count(*) from tenant_links l join tenant_rows r on r.tenant = l.tenant and r.id in (l.a, l.b) group by l.tenant"))
	})
}
