package oracletest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// TestStatementsAreValid runs the statements on one database only: the generator writes SQL that it takes.
func TestStatementsAreValid(t *testing.T) {
	for _, dialect := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		t.Run(dialect.String(), func(t *testing.T) {
			o := &oracle{cfg: Config{Dialect: dialect, Seed: 1, Statements: 1500}.withDefaults(), report: &Report{}}
			o.cfg.Sizes = nil
			if dialect == messages.PostgreSQL {
				o.servers = []shardworker.DSN{shardworker.DSN(pgtest.Shared(t).DSN())}
			}
			defer func() { require.NoError(t, o.closeAll()) }()
			invalid, shown := 0, map[string]int{}
			for o.number = range uint64(o.cfg.Statements) {
				require.NoError(t, o.prepare(t.Context()))
				c := &trial{oracle: o, st: o.statement()}
				c.sql, c.args = c.st.render(dialect)
				if a := c.run(o.one.at(t.Context(), 0), o.one); a.err != nil {
					invalid++
					if shown[class(a.err)]++; shown[class(a.err)] < 12 {
						t.Logf("%d %s: %s\n%v\n%v", o.number, c.st.shape, c.sql, showArgs(c.args), a.err)
					}
				}
				require.NoError(t, c.restore(t.Context()))
				if o.number < 20 && testing.Verbose() {
					t.Logf("%d %s: %s -- %s", o.number, c.st.shape, c.sql, showArgs(c.args))
				}
			}
			t.Logf("%d of %d are invalid: %v", invalid, o.cfg.Statements, shown)
			require.Less(t, invalid, o.cfg.Statements*3/100)
		})
	}
}
