package merge

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

func int8Of(i int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(i)) }

// int8Answer is a shard's answer of bigints; nil is NULL.
func int8Answer(names []string, rows ...[]any) answer {
	oids := make([]uint32, len(names))
	for i := range oids {
		oids[i] = pgtype.Int8OID
	}
	a := answer{fields: describeColumns(names, oids).Fields}
	for _, row := range rows {
		raw := make([][]byte, len(row))
		for i, v := range row {
			if v != nil {
				raw[i] = int8Of(int64(v.(int)))
			}
		}
		a.rows, a.oids = append(a.rows, raw), append(a.oids, oids)
	}
	return a
}

// modelGroup is a group of the naive model.
type modelGroup struct {
	keys         [2]*int64
	rows, values int64
	sum          int64
	distinct     map[int64]bool
}

// TestGroupsAgainstModel groups random rows over shards, with HAVING, an order and a cut, and compares with a naive model.
func TestGroupsAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dialect := rapid.SampledFrom([]messages.Dialect{messages.PostgreSQL, messages.SQLite}).Draw(t, "dialect")
		nKeys := rapid.IntRange(0, 2).Draw(t, "keys")
		shards := rapid.IntRange(1, 4).Draw(t, "shards")
		nullable := rapid.Ptr(rapid.Int64Range(0, 3), true)
		var groups []*modelGroup // in the order in which they are seen
		parts := make([]answer, shards)
		for shard := range parts {
			parts[shard] = int8Answer([]string{"k0", "k1", "n", "s", "c", "d"}[2-nKeys:])
			// A shard's partial rows: several of one group are allowed, as the distinct values make them.
			for range rapid.IntRange(0, 12).Draw(t, "rows") {
				var keys [2]*int64
				for i := range nKeys {
					keys[i] = nullable.Draw(t, "key")
				}
				rows, values := rapid.Int64Range(1, 9).Draw(t, "n"), rapid.Int64Range(0, 3).Draw(t, "values")
				sum, distinct := rapid.Int64Range(-9, 9).Draw(t, "sum"), nullable.Draw(t, "distinct")
				g := findModel(&groups, keys)
				g.rows += rows
				g.values += values
				raw := [][]byte{}
				for i := range nKeys {
					raw = append(raw, nullableBytes(keys[i]))
				}
				raw = append(raw, int8Of(rows), nil, int8Of(values), nullableBytes(distinct))
				if values > 0 {
					g.sum += sum
					raw[nKeys+1] = int8Of(sum)
				}
				if distinct != nil {
					g.distinct[*distinct] = true
				}
				parts[shard].rows = append(parts[shard].rows, raw)
				oids := make([]uint32, nKeys+4)
				for i := range oids {
					oids[i] = pgtype.Int8OID
				}
				parts[shard].oids = append(parts[shard].oids, oids)
			}
		}
		if nKeys == 0 {
			findModel(&groups, [2]*int64{})
		}
		group := &Group{Aggregates: []Aggregate{
			{Func: AddCounts, Column: nKeys},
			{Func: Sum, Column: nKeys + 1},
			{Func: AddCounts, Column: nKeys + 2},
			{Func: CountDistinct, Column: nKeys + 3},
			{Func: SumDistinct, Column: nKeys + 3},
		}}
		names := []string{"n", "s", "c", "d", "e"}
		for i := range nKeys {
			group.Keys = append(group.Keys, Key{Column: i})
			names = slices.Insert(names, i, fmt.Sprint("k", i))
		}
		group.Outputs = outputsOf(group, names)

		least := rapid.Int64Range(0, 12).Draw(t, "least")
		if least > 0 {
			group.Having = Operation{">=", AggregateRef{0}, Constant{least}}
			groups = slices.DeleteFunc(groups, func(g *modelGroup) bool { return g.rows < least })
		}
		desc, nullsFirst := rapid.Bool().Draw(t, "desc"), rapid.Bool().Draw(t, "nulls first")
		switch rapid.IntRange(0, 2).Draw(t, "order") {
		case 1:
			group.Order = []GroupOrder{{X: AggregateRef{1}, Desc: desc, NullsFirst: nullsFirst}}
			slices.SortStableFunc(groups, func(a, b *modelGroup) int { return compareModelSums(a, b, desc, nullsFirst) })
		case 2:
			group.Order = []GroupOrder{{X: Operation{"%", AggregateRef{0}, Constant{int64(3)}}, Desc: desc}}
			slices.SortStableFunc(groups, func(a, b *modelGroup) int {
				if desc {
					a, b = b, a
				}
				return cmp.Compare(a.rows%3, b.rows%3)
			})
		}
		o := Options{Sources: shards, Limit: rapid.Int64Range(-1, 5).Draw(t, "limit"), Offset: rapid.Int64Range(0, 3).Draw(t, "offset"), Declared: &messages.Description{Fields: parts[0].fields}}
		groups = groups[min(int(o.Offset), len(groups)):]
		if o.Limit >= 0 {
			groups = groups[:min(int(o.Limit), len(groups))]
		}
		m, err := New(&Spec{Dialect: dialect, Group: group, Cut: true}, feedOf(parts...), o)
		require.NoError(t, err)
		got, err := answerOf(m)
		require.NoError(t, err)
		require.Len(t, got.rows, len(groups))
		for i, g := range groups {
			for k := range nKeys {
				require.Equal(t, nullableBytes(g.keys[k]), got.rows[i][k])
			}
			row := got.rows[i][nKeys:]
			require.Equal(t, int8Of(g.rows), row[0])
			require.Equal(t, g.values == 0, row[1] == nil)
			if g.values > 0 {
				require.Equal(t, int8Of(g.sum), row[1])
			}
			require.Equal(t, int8Of(g.values), row[2])
			require.Equal(t, int8Of(int64(len(g.distinct))), row[3])
			sum := int64(0)
			for v := range g.distinct {
				sum += v
			}
			switch {
			case len(g.distinct) == 0:
				require.Nil(t, row[4])
			case dialect == messages.PostgreSQL: // sum(DISTINCT int8) is a numeric
				d, ok := readNumeric(row[4])
				require.True(t, ok)
				require.Zero(t, d.compare(numericOf(sum)))
			default:
				require.Equal(t, int8Of(sum), row[4])
			}
		}
	})
}

func nullableBytes(v *int64) []byte {
	if v == nil {
		return nil
	}
	return int8Of(*v)
}

func findModel(groups *[]*modelGroup, keys [2]*int64) *modelGroup {
	for _, g := range *groups {
		if slices.EqualFunc(g.keys[:], keys[:], func(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }) {
			return g
		}
	}
	*groups = append(*groups, &modelGroup{keys: keys, distinct: map[int64]bool{}})
	return (*groups)[len(*groups)-1]
}

func compareModelSums(a, b *modelGroup, desc, nullsFirst bool) int {
	switch {
	case a.values == 0 && b.values == 0:
		return 0
	case a.values == 0 || b.values == 0:
		if (a.values == 0) == nullsFirst {
			return -1
		}
		return 1
	case desc:
		return cmp.Compare(b.sum, a.sum)
	default:
		return cmp.Compare(a.sum, b.sum)
	}
}

// TestNoRows: one group without keys, none with.
func TestNoRows(t *testing.T) {
	part := int8Answer([]string{"n", "s"})
	group := &Group{Aggregates: []Aggregate{{Func: AddCounts}, {Func: Sum, Column: 1}, {Func: Max, Column: 1}, {Func: Any, Column: 1}, {Func: CountDistinct}, {Func: Avg, Column: 1, Count: 0}}}
	for range group.Aggregates {
		group.Outputs = append(group.Outputs, Output{X: AggregateRef{len(group.Outputs)}})
	}
	for _, dialect := range []messages.Dialect{messages.PostgreSQL, messages.SQLite} {
		got, err := mergeGroups(dialect, group, Options{}, part, part)
		require.NoError(t, err)
		require.Equal(t, [][][]byte{{int8Of(0), nil, nil, nil, int8Of(0), nil}}, got.rows)
		require.Equal(t, "n", got.fields[0].Name)

		dropped := *group
		dropped.Having = Operation{">", AggregateRef{0}, Constant{int64(0)}}
		got, err = mergeGroups(dialect, &dropped, Options{}, part)
		require.NoError(t, err)
		require.Empty(t, got.rows)
		require.Len(t, got.fields, 6)

		keyed := &Group{Keys: []Key{{Name: "n"}}, Outputs: []Output{{X: KeyRef{0}}}}
		got, err = mergeGroups(dialect, keyed, Options{}, part)
		require.NoError(t, err)
		require.Empty(t, got.rows)
	}
}

// TestManyBatches yields more rows than a batch holds, without changing any, and errors only after the rows before them.
func TestManyBatches(t *testing.T) {
	var rows [][]any
	const n = 20_000
	for i := range n {
		rows = append(rows, []any{i, i + 1})
	}
	part := int8Answer([]string{"k", "n"}, rows...)
	group := &Group{Keys: []Key{{Column: 0}}, Aggregates: []Aggregate{{Func: AddCounts, Column: 1}}}
	group.Outputs = outputsOf(group, []string{"k", "n"})
	got, err := mergeGroups(messages.PostgreSQL, group, Options{}, part, part)
	require.NoError(t, err)
	require.Len(t, got.rows, n)
	for i, row := range got.rows {
		require.Equal(t, [][]byte{int8Of(int64(i)), int8Of(2 * int64(i+1))}, row)
	}

	group.Outputs = append(group.Outputs, Output{Name: "x", X: Operation{"/", Constant{int64(1)}, Operation{"-", KeyRef{0}, Constant{int64(n - 10)}}}})
	got, err = mergeGroups(messages.PostgreSQL, group, Options{}, part)
	require.Equal(t, "22012", stateOf(err))
	require.Len(t, got.rows, n-10)

	o := Options{Sources: 1, Limit: 5, Declared: &messages.Description{Fields: part.fields}}
	m, err := New(&Spec{Dialect: messages.PostgreSQL, Group: group, Cut: true}, feedOf(part), o)
	require.NoError(t, err)
	got, err = answerOf(m)
	require.NoError(t, err, "what isn't asked for isn't computed")
	require.Len(t, got.rows, 5)
}

// TestTypesOfRows: on SQLite a column's type changes from row to row.
func TestTypesOfRows(t *testing.T) {
	conn := openSQLite(t)
	part := mustAskSQLite(t, conn, "with t(k, v) as (values (1, null), (2, 1), ('a', 'b'), (x'01', 2.5), (null, null), (2.5, x'02')) select k, max(v) as v from t group by k")
	group := &Group{Keys: []Key{{Column: 0}}, Aggregates: []Aggregate{{Func: Max, Column: 1}}, Order: []GroupOrder{{X: KeyRef{0}}}}
	group.Outputs = append(outputsOf(group, []string{"k", "v"}), Output{Name: "x", X: AggregateRef{0}})
	got, err := mergeGroups(messages.SQLite, group, Options{Group: []Collation{Bytewise}, Order: []Collation{Bytewise}, Aggregates: []Collation{Bytewise}}, part, part)
	require.NoError(t, err)
	want := mustAskSQLite(t, conn, "with t(k, v) as (values (1, null), (2, 1), ('a', 'b'), (x'01', 2.5), (null, null), (2.5, x'02')) select k, v, v as x from t order by k nulls last")
	requireSameSQLite(t, want, got, false)
}

// TestDistinctOutputs: DISTINCT is applied to the outputs.
func TestDistinctOutputs(t *testing.T) {
	part := int8Answer([]string{"k", "n"}, []any{1, 5}, []any{2, 5}, []any{3, 6}, []any{nil, 6})
	group := &Group{Keys: []Key{{Column: 0}}, Aggregates: []Aggregate{{Func: AddCounts, Column: 1}}, Outputs: []Output{{Name: "n", X: AggregateRef{0}}}}
	for _, dialect := range []messages.Dialect{messages.PostgreSQL, messages.SQLite} {
		m, err := New(&Spec{Dialect: dialect, Group: group, Distinct: DistinctRows, Cut: true}, feedOf(part), Options{Sources: 1, Limit: 9, Declared: &messages.Description{Fields: part.fields}})
		require.NoError(t, err)
		got, err := answerOf(m)
		require.NoError(t, err)
		require.Equal(t, [][][]byte{{int8Of(5)}, {int8Of(6)}}, got.rows)
	}
}

// TestGroupBudget: what is held is bounded, whatever it is.
func TestGroupBudget(t *testing.T) {
	var rows [][]any
	for i := range 5000 {
		rows = append(rows, []any{i, i})
	}
	part := int8Answer([]string{"k", "v"}, rows...)
	long := answer{fields: describeColumns([]string{"t"}, []uint32{pgtype.ByteaOID}).Fields, rows: [][][]byte{{make([]byte, 200_000)}}, oids: [][]uint32{{pgtype.ByteaOID}}}
	for name, test := range map[string]struct {
		group *Group
		part  answer
		text  string
	}{
		"groups":   {&Group{Keys: []Key{{Column: 0}}, Outputs: []Output{{Name: "k", X: KeyRef{0}}}}, part, "GROUP BY"},
		"distinct": {&Group{Aggregates: []Aggregate{{Func: CountDistinct, Column: 1}}, Outputs: []Output{{Name: "c", X: AggregateRef{0}}}}, part, "DISTINCT"},
		"value":    {&Group{Aggregates: []Aggregate{{Func: Max}}, Outputs: []Output{{Name: "c", X: AggregateRef{0}}}}, long, "GROUP BY"},
	} {
		_, err := mergeGroups(messages.PostgreSQL, test.group, Options{Budget: 100_000}, test.part)
		require.ErrorIs(t, err, messages.ErrTooLarge, name)
		require.ErrorContains(t, err, test.text, name)
		require.ErrorContains(t, err, "100000", name)
		_, err = mergeGroups(messages.PostgreSQL, test.group, Options{}, test.part)
		require.NoError(t, err, name)
	}
}

// TestFeedFails: the feed's error is the answer's, until the feed goes on.
func TestFeedFails(t *testing.T) {
	part := int8Answer([]string{"n"}, []any{1})
	feed := feedOf(part, part)
	feed.failing = map[int]error{1: context.DeadlineExceeded}
	m, err := New(&Spec{Dialect: messages.PostgreSQL, Group: &Group{Aggregates: []Aggregate{{}}, Outputs: []Output{{X: AggregateRef{0}}}}}, feed, Options{Sources: 2, Limit: -1, Declared: &messages.Description{Fields: part.fields}})
	require.NoError(t, err)
	for range 3 {
		_, err = m.Next(background)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	feed.failing = nil
	got, err := answerOf(m)
	require.NoError(t, err)
	require.Equal(t, [][][]byte{{int8Of(2)}}, got.rows, "it goes on where the feed does")
}

// TestThreeValuedLogic goes through all of AND, OR and NOT.
func TestThreeValuedLogic(t *testing.T) {
	values := []any{true, false, nil}
	part := int8Answer([]string{"n"}, []any{1})
	text := func(v any) string { return fmt.Sprint(v) }
	and := func(a, b any) any {
		switch {
		case a == false || b == false:
			return false
		case a == nil || b == nil:
			return nil
		default:
			return true
		}
	}
	not := func(a any) any {
		if a == nil {
			return nil
		}
		return a == false
	}
	for _, dialect := range []messages.Dialect{messages.PostgreSQL, messages.SQLite} {
		for _, a := range values {
			for _, b := range values {
				args := []Expr{Constant{a}, Constant{b}}
				for _, test := range []struct {
					x    Expr
					want any
				}{
					{Junction{false, args}, and(a, b)},
					{Junction{true, args}, not(and(not(a), not(b)))},
					{Negation{Constant{a}}, not(a)},
					{NullTest{Constant{a}, false}, a == nil},
					{NullTest{Constant{a}, true}, a != nil},
				} {
					got, err := mergeGroups(dialect, &Group{Aggregates: []Aggregate{{}}, Outputs: []Output{{Name: "x", X: test.x}}}, Options{}, part)
					require.NoError(t, err)
					v := any(nil)
					if raw := got.rows[0][0]; raw != nil {
						n, _ := readInt(raw)
						v = n != 0
					}
					require.Equal(t, text(test.want), text(v), "%v", test.x)
				}
			}
		}
	}
}

// TestReaderEndsEarly: a merger that isn't read to its end holds nothing but memory.
func TestReaderEndsEarly(t *testing.T) {
	part := int8Answer([]string{"n"}, []any{1}, []any{2})
	m, err := New(&Spec{Dialect: messages.PostgreSQL, Group: &Group{Keys: []Key{{Column: 0}}, Outputs: []Output{{X: KeyRef{0}}}}}, feedOf(part), Options{Sources: 1, Limit: -1, Declared: &messages.Description{Fields: part.fields}})
	require.NoError(t, err)
	at, err := m.Next(background)
	require.NoError(t, err)
	require.Equal(t, int8Of(1), at.Value(0))
	_, err = m.Next(background)
	require.NoError(t, err)
	_, err = m.Next(background)
	require.True(t, errors.Is(err, io.EOF))
}
