package oracletest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func TestSlackIsForFloatsThatWereAdded(t *testing.T) {
	row := func(cells ...string) [][]string { return [][]string{cells} }
	for _, test := range []struct {
		slack slack
		a, b  [][]string
		same  bool
	}{
		{0, row("float 3.00000000000e+00"), row("float 4.00000000000e+00"), false},
		{64, row("float 3.00000000000e+00"), row("float 4.00000000000e+00"), true},
		{64, row("float 3.00000000000e+00"), row("float 9.90000000000e+01"), false},
		{64, row("int8 3"), row("int8 4"), false},
		{64, row("int8 3"), row("float 3.00000000000e+00"), false},
		{64, row(`25 "a"`, "float 1.00000000000e+00"), row(`25 "b"`, "float 1.00000000000e+00"), false},
		{64, append(row("float 1.00000000000e+00"), row("float 2.00000000000e+00")...), row("float 1.00000000000e+00"), false},
		// The row that is equal to the letter is taken by its equal, not by the first that is near.
		{
			64, append(row("float 2.00000000000e+00"), row("float 9.00000000000e+01")...),
			append(row("float 5.00000000000e+01"), row("float 2.00000000000e+00")...), true,
		},
	} {
		require.Equal(t, test.same, test.slack.sameBag(test.a, test.b), "%+v", test)
	}
}

func TestSlackOfAStatement(t *testing.T) {
	s := &schema{dialect: messages.SQLite, tables: []*table{{rows: [][]value{{whole(3), whole(-1 << 53)}}}}}
	large := &expression{kind: bigint, name: "b"}
	fraction := &expression{kind: float, name: "f"}
	of := func(e *expression) *query { return &query{arms: []*selection{{targets: []target{{expression: e}}}}} }
	added := func(sql string, x *expression) *expression {
		return form(float, "({} + {})", counted(sql, x), bare(integer, "1"))
	}
	require.Equal(t, slack(64), s.slack(of(added("total({})", large))))
	require.Equal(t, slack(64), s.slack(of(added("avg({})", large))))
	require.Zero(t, s.slack(of(added("total({})", fraction))))
	require.Zero(t, s.slack(of(added("sum({})", large))), "whole numbers are added exactly")
	require.Zero(t, s.slack(nil))
	sorted := of(large)
	sorted.order = []orderKey{{expression: added("total({})", large), column: -1}}
	require.Equal(t, slack(64), s.slack(sorted))
}
