package backendtest

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func lanesAreStable(f *fixture) {
	require.Contains(f, []messages.Dialect{messages.PostgreSQL, messages.SQLite}, f.b.Dialect())
	lanes := f.b.Lanes()
	require.NotEmpty(f, lanes)
	for _, n := range lanes {
		require.Positive(f, n)
	}
	want := append([]int(nil), lanes...)
	f.exec(f.Statements.Create)
	require.Equal(f, want, f.b.Lanes())
}

func laneClassification(f *fixture) {
	s := f.Statements
	for _, sql := range []string{s.Create, s.Insert, s.Count, s.Numbers, s.Slow, s.SyntaxError, s.Begin, "", ";", "'", "\x00"} {
		for _, wantRows := range []bool{true, false} {
			require.Equal(f, f.lane(sql, wantRows), f.lane(sql, wantRows), "%q", sql)
		}
	}
	for _, c := range f.Lanes {
		require.Equal(f, c.Lane, f.lane(c.SQL, c.WantRows), "%q, rows: %v", c.SQL, c.WantRows)
	}

	// How long it takes is only logged: a slow machine is no broken backend.
	long := "select 1 where 1 in (" + strings.Repeat("12345678, ", 100) + "1)"
	const rounds = 1000
	begin := time.Now()
	for range rounds {
		f.b.Lane(long, true)
	}
	f.Logf("Lane took %v for %d bytes", time.Since(begin)/rounds, len(long))
}
