package plan_test

import (
	"testing"

	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
)

// FuzzBuild: whatever the text, a plan is a refusal or says how, and the text for the shards can be read.
func FuzzBuild(f *testing.F) {
	for _, s := range statements {
		f.Add(s.sql)
	}
	for _, r := range refusals {
		f.Add(r.sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, d := range both {
			p, err := plan.Build(d, sql, catalogue, plan.Options{})
			if err != nil {
				continue
			}
			ways := 0
			for _, way := range []bool{p.Refusal != nil, p.Gather != nil, p.Insert != nil} {
				if way {
					ways++
				}
			}
			if ways != 1 {
				t.Fatalf("%v: %d of refusal, gather and insert", d, ways)
			}
			_ = p.Describe()
			if g := p.Gather; g != nil {
				if _, err := statement.Read(d, g.Text); err != nil {
					t.Fatalf("%v: %s: %v", d, g.Text, err)
				}
				for _, l := range g.Lookups {
					_, _, _, _ = g.Probe(l, make([]any, len(p.Analysis.Tree.Params)))
				}
			}
		}
	})
}
