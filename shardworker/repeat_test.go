package shardworker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// TestLostReadsAreRepeated has connections that are lost once, or always: a harmless read whose rows nobody has seen gets a second one.
func TestLostReadsAreRepeated(t *testing.T) {
	alone := func(string, []any, bool) shardworker.Company { return shardworker.Alone }
	writes := func(string, []any, bool) shardworker.Company { return shardworker.AmongWrites }
	for name, test := range map[string]struct {
		at      fake.Point
		always  bool
		company func(string, []any, bool) shardworker.Company
		rows    int64
		sent    int
		lost    bool
	}{
		"before the first row":                      {at: fake.AtQuery, company: allReads, rows: 3, sent: 2},
		"at the first row":                          {at: fake.AtRow(0), company: allReads, rows: 3, sent: 2},
		"after the first row, which was waited for": {at: fake.AtRow(2), company: allReads, rows: 3, sent: 1, lost: true},
		"after a batch":                             {at: fake.AtRow(900), company: allReads, rows: 1000, sent: 1, lost: true},
		"twice":                                     {at: fake.AtQuery, always: true, company: allReads, rows: 3, sent: 2, lost: true},
		"not known to be harmless":                  {at: fake.AtQuery, company: alone, rows: 3, sent: 1, lost: true},
		"a write":                                   {at: fake.AtQuery, company: writes, rows: 3, sent: 1, lost: true},
	} {
		bubble(t, fake.Config{Company: test.company}, func(t *testing.T, e *env) {
			fault := fake.Fail(lostError)
			if !test.always {
				fault = fake.Once(fault)
			}
			e.backend.Reply("select", count(int(test.rows)).At(test.at, fault))
			c := e.execute("select", instantCredit)
			end := c.wait()
			require.Equal(t, test.sent, e.backend.Stats().Acquired, name)
			if test.lost {
				require.ErrorIs(t, end.Err, messages.ErrShardLost, name)
				return
			}
			require.NoError(t, end.Err, name)
			c.requireRows(int(test.rows))
			e.requireFree("probe", 4)
		})
	}
}
