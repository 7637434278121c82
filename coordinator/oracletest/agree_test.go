package oracletest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/oracletest"
	"github.com/troupedb/troupe/messages"
)

// each is on how many of the troupes a statement runs in the usual form.
var each = 2

// Of a hundred executions over several shards no more than this may be refused: who refuses everything is never wrong.
const refusalCeiling = 0.25

// Of these shapes no more than this: what is refused altogether would hide in the sum.
var shapeCeilings = map[string]float64{
	"rows": 0.2, "rows, bound": 0.05, "aggregate": 0.3, "group": 0.25, "distinct": 0.2, "combined": 0.6, "window": 0.35, "exists": 0.25,
	"with, rows": 0.5, "with, group": 0.6, "insert": 0.3, "insert, bound": 0.25, "insert select": 0.3, "update": 0.2, "update from": 0.25,
	"delete": 0.15,
}

// TestAgree is the differential oracle. On a failure it logs how to run the statement alone.
func TestAgree(t *testing.T) {
	for _, form := range []struct {
		dialect     messages.Dialect
		short, long int
	}{
		{messages.SQLite, 14_000, 350_000},
		{messages.PostgreSQL, 6_500, 150_000},
	} {
		t.Run(form.dialect.String(), func(t *testing.T) {
			t.Parallel()
			cfg := oracletest.Config{Dialect: form.dialect, Seed: *seed, Statements: form.short, Each: each, Shrink: *shrink, Mismatches: *wrong}
			switch {
			case *statement >= 0:
				cfg.First, cfg.Statements, cfg.Each = uint64(*statement), 1, 0
			case *count > 0:
				cfg.Statements = *count
			case long:
				cfg.Statements, cfg.Each = form.long, 0
			}
			report := oracletest.Run(t, cfg)
			t.Log(report)
			for _, m := range report.Mismatches {
				t.Error(m)
			}
			require.Less(t, report.Invalid, max(2, cfg.Statements*3/100), "the generator writes SQL that one database refuses")
			if cfg.Statements >= 1000 {
				require.Less(t, report.RefusalRate(), refusalCeiling)
				for name, ceiling := range shapeCeilings {
					if shape := report.Shapes[name]; shape != nil && shape.Scattered >= 50 {
						assert.LessOrEqual(t, shape.RefusalRate(), ceiling, name)
					}
				}
			}
		})
	}
}
