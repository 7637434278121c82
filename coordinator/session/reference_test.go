package session_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

type word struct {
	coordinator.Identity
	Code string `db:"code,pk"`
	Word string `db:"word"`
}

func (*word) TableName() string { return "languages" }

// TestReferenceRows: a row that every shard has isn't written on one of them only.
func TestReferenceRows(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		w.exec(t, "create table languages (code text primary key, word text)")
		w.exec(t, "insert into languages values ('la', 'old')")
		for name, write := range map[string]func(s interface{ Delete(...any) error }, latin *word) error{
			"change":   func(_ interface{ Delete(...any) error }, latin *word) error { latin.Word = "new"; return nil },
			"deletion": func(s interface{ Delete(...any) error }, latin *word) error { return s.Delete(latin) },
		} {
			s := w.session(t)
			ctx := watch(t)
			latin := mustGet[word](t, coordinator.OnShard(ctx, northAmerica), s, "la")
			require.NoError(t, write(s, latin))
			ctx.Reset()
			require.ErrorIs(t, s.Commit(ctx), messages.ErrRefused, name)
			require.Empty(t, ctx.calls(), name)
			require.NoError(t, s.Rollback(ctx))
		}
		require.Equal(t, onShards{northAmerica: {"old"}, asia: {"old"}, europe: {"old"}}, w.rows(t, "select word from languages"))
	}, declared)
}
