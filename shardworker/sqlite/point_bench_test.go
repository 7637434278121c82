package sqlite_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkPoint selects one row by key, with the connection acquired and released each time.
func BenchmarkPoint(b *testing.B) {
	backend, _ := openFile(b)
	exec(b, backend, "create table t (id integer primary key, name text)")
	exec(b, backend, series(1000)+" insert into t select i, 'name '||i from s")
	args := []any{5}
	for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": b.Context()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := backend.Acquire(ctx, readers)
				require.NoError(b, err)
				cursor, err := c.Query(ctx, "select id, name from t where id = $1", args)
				require.NoError(b, err)
				if !cursor.Next() || cursor.Next() {
					b.Fatal("not one row")
				}
				_, err = cursor.Close()
				require.NoError(b, err)
				c.Release()
			}
		})
	}
}
