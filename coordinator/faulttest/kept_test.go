package faulttest_test

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

// However a call has ended: nothing of it stays in memory.
func TestNothingIsKeptOfCallsThatAreOver(t *testing.T) {
	troupe := over(t, postgresShard("s0", pgtest.Shared(t), "pool_max_conns=4"), sqliteMemory(t, "s1"))
	makeNumbered(t, troupe, 2000)
	everywhere(t, troupe, "create table t (v text)")
	ctx := coordinator.AllShards(background(t))
	const read = "select n, pad from numbered where pad <> $1"
	for name, call := range map[string]func(argument *string){
		"complete": func(a *string) {
			n, err := readRows(ctx, troupe, read, a)
			require.NoError(t, err)
			require.Equal(t, 4000, n)
		},
		"left": func(a *string) {
			rows, err := troupe.Query(ctx, read, a)
			require.NoError(t, err)
			require.True(t, rows.Next())
			rows.Close()
		},
		"refused": func(a *string) {
			_, err := readRows(ctx, troupe, "select missing from numbered where pad <> $1", a)
			require.Error(t, err)
		},
		"too late": func(a *string) {
			short, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			_, _ = readRows(short, troupe, read, a)
		},
		"sent and cancelled": func(a *string) {
			f := troupe.Send(ctx, &messages.Query{SQL: read, Args: []any{a}, Options: messages.Options{AllShards: true}})
			f.Cancel()
		},
		"sent and forgotten": func(a *string) {
			troupe.Send(ctx, &messages.Exec{SQL: "delete from t where v = $1", Args: []any{a}, Options: messages.Options{AllShards: true}})
		},
	} {
		const calls = 40
		var arguments []weak.Pointer[string]
		for range calls {
			argument := new(string)
			*argument = "an argument"
			arguments = append(arguments, weak.Make(argument))
			call(argument)
		}
		kept := 0
		assert.Eventually(t, func() bool {
			runtime.GC()
			kept = 0
			for _, a := range arguments {
				if a.Value() != nil {
					kept++
				}
			}
			return kept <= 8 // a connection may remember its last statement
		}, limit, 10*time.Millisecond, name)
		t.Logf("%s: of %d calls %d are kept", name, calls, kept)
	}
}
