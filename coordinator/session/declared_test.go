package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// declared makes the routes of tables say where rows live, in place of choosers.
func declared(c *coordinator.Config) {
	byContinent := coordinator.Lookup{"North America": northAmerica, "Asia": asia, "Europe": europe}
	c.ShardChooser, c.IdentityChooser, c.ExecuteChooser = nil, nil, nil
	c.Tables = coordinator.Tables{
		"locations": {Key: "continent", Route: byContinent},
		"reports":   {Key: "location_id", Type: coordinator.Integer, Route: coordinator.Range{{Below: 10, Shard: asia}, {Shard: europe}}},
		"languages": {Reference: true},
		"speakers":  {Key: "region", Route: byContinent},
	}
}

type language struct {
	coordinator.Identity
	Code string `db:"code,pk"`
}

func (*language) TableName() string { return "languages" }

type speaker struct {
	coordinator.Identity
	ID       int64     `db:"id,pk"`
	Region   string    `db:"region"`
	Code     string    `db:"code"`
	Language *language `db:"-" ref:"code"`
}

func (*speaker) TableName() string { return "speakers" }

// TestDeclaredTables: a row goes where its table's route says, which mustn't be elsewhere than its parent.
func TestDeclaredTables(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.exec(t, "create table languages (code text primary key)")
		w.exec(t, "create table speakers (id bigint primary key, region text, code text references languages (code))")
		w.exec(t, "insert into languages values ('la')")
		ctx := watch(t)
		s := w.session(t)
		tokyo, rome := &location{ID: 1, Continent: "Asia", City: "Tokyo"}, &location{ID: 11, Continent: "Europe", City: "Rome"}
		require.NoError(t, s.Add(tokyo, rome, &report{Location: tokyo}, &report{Location: rome}, &report{LocationID: ptr(int64(5))}))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrStatement, "of the last one the database says that its parent isn't there")
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Add(tokyo, rome, &report{Location: tokyo}, &report{Location: rome}, &report{LocationID: ptr(int64(1))}))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"1", "1"}, europe: {"11"}}, w.rows(t, "select location_id from reports"))
		ctx.Reset()

		wrong := &location{ID: 2, Continent: "Europe", City: "Bonn"}
		require.NoError(t, s.Add(&report{Location: wrong}))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrWrongShard)
		require.Empty(t, ctx.calls())
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Add(wrong, &location{Continent: "Atlantis"}))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Add(&account{Region: "Asia"}))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrNoRoute)
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Add(wrong))
		require.NoError(t, s.Flush(coordinator.OnShard(ctx, asia)), "who pins vouches for it")
		require.NoError(t, s.Rollback(ctx))
		rome.Continent = "Asia"
		require.ErrorIs(t, s.Flush(ctx), messages.ErrWrongShard)
		require.NoError(t, s.Rollback(ctx))

		require.NoError(t, s.Add(&language{Code: "el"}))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrRefused, "a row of a reference table belongs on every shard")
		require.NoError(t, s.Rollback(ctx))
		latin := mustGet[language](t, coordinator.OnShard(ctx, northAmerica), s, "la")
		ovid := &speaker{ID: 1, Region: "Europe", Language: latin}
		require.NoError(t, s.Add(ovid))
		require.NoError(t, s.Commit(ctx), "its parent is everywhere")
		require.Equal(t, europe, ovid.Key().Shard)
		ovid.Region = "Asia"
		require.ErrorIs(t, s.Flush(ctx), messages.ErrWrongShard)
	}, declared)
}
