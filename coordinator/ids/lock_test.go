package ids_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
)

// lockRow locks the row of t from outside, until the test ends or the result is called.
func lockRow(t testing.TB, db *pgtest.Database) (release func()) {
	t.Helper()
	conn, err := pgx.Connect(within(t, limit), db.DSN())
	require.NoError(t, err)
	release = sync.OnceFunc(func() { _ = conn.Close(context.Background()) })
	t.Cleanup(release)
	_, err = conn.Exec(within(t, limit), "begin; update troupe_ids set next = next where name = 't'")
	require.NoError(t, err)
	return release
}
