package oracletest

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// rowsOf makes rows of one letter columns: "ab cd" is (a, b) and (c, d).
func rowsOf(s string) [][]string {
	var rows [][]string
	for word := range strings.FieldsSeq(s) {
		rows = append(rows, strings.Split(word, ""))
	}
	return rows
}

func TestTiesAllowWhatTheOrderLeavesOpen(t *testing.T) {
	const unlimited = -1
	for _, test := range []struct {
		companion     string // the last column is the order's key
		rows          string
		offset, limit int
		ok            bool
	}{
		{"a1 b1 c2", "a b c", 0, unlimited, true},
		{"a1 b1 c2", "b a c", 0, unlimited, true},
		{"a1 b1 c2", "a c b", 0, unlimited, false},
		{"a1 b1 c2", "a b", 0, unlimited, false},
		{"a1 b1 c2", "a b b", 0, unlimited, false},
		{"a1 b1 c2", "b", 0, 1, true},
		{"a1 b1 c2", "c", 0, 1, false},
		{"a1 b1 c2", "a", 1, 1, true},
		{"a1 b1 c2", "a c", 1, 2, true},
		{"a1 b1 c2", "a b", 1, 2, false},
		{"a1 b1 c2", "", 3, 2, true},
		{"a1 b1 c2", "c", 3, 2, false},
		{"a1 a1 b1", "a a", 0, 2, true},
		{"a1 b1 b1", "a a", 0, 2, false},
		{"", "", 0, 5, true},
		{"", "a", 0, unlimited, false},
		{"a1 b1", "", 0, 0, true},
	} {
		wrong := newTies(rowsOf(test.companion), 1, nil, 0).allow(rowsOf(test.rows), test.offset, test.limit)
		require.Equal(t, test.ok, wrong == "", "%+v: %s", test, wrong)
	}
	shown := newTies(rowsOf("a1 b1 c2"), 0, []int{1}, 0)
	require.Empty(t, shown.allow(rowsOf("b1 a1"), 0, 2))
	require.NotEmpty(t, shown.allow(rowsOf("b1 c2"), 0, 2))
}

func TestAnswersDiffer(t *testing.T) {
	pg := func(code string) error {
		return &messages.Error{Code: messages.ErrStatement, Err: &pgconn.PgError{Code: code}}
	}
	columns := func(oid uint32, names ...string) *answer {
		a := &answer{}
		for _, n := range names {
			a.columns = append(a.columns, heading{n, oid})
		}
		return a
	}
	for name, test := range map[string]struct {
		a, b *answer
		same bool
	}{
		"the same":            {columns(23, "a"), columns(23, "a"), true},
		"name":                {columns(23, "a"), columns(23, "A"), false},
		"number":              {columns(23, "a"), columns(23, "a", "b"), false},
		"type":                {columns(23, "a"), columns(20, "a"), false},
		"no type":             {columns(23, "a"), columns(pgtype.UnknownOID, "a"), true},
		"one error":           {columns(23, "a"), &answer{err: pg("22012")}, false},
		"the same error":      {&answer{err: pg("22012")}, &answer{err: pg("22003")}, true},
		"another error":       {&answer{err: pg("22012")}, &answer{err: pg("42601")}, false},
		"an error of our own": {&answer{err: pg("22012")}, &answer{err: messages.ErrProtocol}, false},
		"not typed":           {&answer{err: pg("22012")}, &answer{err: errors.New("x")}, false},
	} {
		require.Equal(t, test.same, test.a.difference(test.b) == "", name)
	}
}

func TestNumericsAreReadExactly(t *testing.T) {
	types := pgtype.NewMap()
	for text, want := range map[string]string{
		"0": "0", "0.00": "0", "1": "1", "-1.50": "-3/2", "12345678.9": "123456789/10", "0.0001": "1/10000", "10000": "10000", "1.50": "3/2",
		"123456789012345678901234567890": "123456789012345678901234567890", "NaN": "NaN",
	} {
		var n pgtype.Numeric
		require.NoError(t, n.Scan(text))
		raw, err := types.Encode(pgtype.NumericOID, pgtype.BinaryFormatCode, n, nil)
		require.NoError(t, err)
		cell, _ := cellOf(pgconn.FieldDescription{DataTypeOID: pgtype.NumericOID, Format: pgtype.BinaryFormatCode}, raw)
		require.Equal(t, "numeric "+want, cell, text)
	}
}

func TestPlacementIsThePromisedHash(t *testing.T) {
	for _, key := range [][]value{{whole(1)}, {whole(-9)}, {textual("")}, {textual("Ä")}, {whole(5), textual("x")}} {
		var types []coordinator.KeyType
		var values []any
		for _, v := range key {
			types = append(types, keyType(v.kind))
			values = append(values, v.argument(messages.SQLite, 3))
		}
		bucket, err := coordinator.Bucket(buckets, types, values...)
		require.NoError(t, err)
		for n := range 7 {
			shard, ok := hashed{}.shard(key, n+1)
			require.True(t, ok)
			require.Equal(t, bucketShard(bucket, n+1), shard)
		}
	}
}

// TestManySchemas makes statements for many schemas, without running them.
func TestManySchemas(t *testing.T) {
	for seed := range uint64(300) {
		s := newSchema(random(seed, 1), dialects[seed%2])
		require.NotEmpty(t, s.declarations(shardIDs(3)))
		for n := range uint64(300) {
			sql, _ := newStatement(s, seed, n).render(s.dialect)
			require.NotEmpty(t, sql)
		}
	}
}

// TestStatementsAreTheirNumbers checks that a statement depends on the seed and its number only, that a copy is the
// same, and that what changes the copy leaves the statement as it is.
func TestStatementsAreTheirNumbers(t *testing.T) {
	for _, dialect := range dialects {
		s := newSchema(random(3, 3), dialect)
		texts := map[string]bool{}
		for n := range uint64(400) {
			st := newStatement(s, 3, n)
			sql, args := st.render(dialect)
			again, _ := newStatement(newSchema(random(3, 3), dialect), 3, n).render(dialect)
			require.Equal(t, sql, again)
			copied, copiedArgs := st.clone().render(dialect)
			require.Equal(t, sql, copied)
			require.Len(t, copiedArgs, len(args))
			for i := range st.simplifications() {
				candidate := st.clone()
				candidate.simplifications()[i]()
			}
			unchanged, _ := st.render(dialect)
			require.Equal(t, sql, unchanged)
			texts[sql] = true
		}
		require.Greater(t, len(texts), 390)
	}
}
