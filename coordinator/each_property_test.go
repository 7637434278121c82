package coordinator_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker/fake"
)

type (
	level   int16
	quality string // with a method
	shout   string // that scans itself, and adds to what it is
	pair    struct{ A, B int32 }

	plainStruct struct {
		ID    int64
		Name  string
		Count int32
		Small int16
		N     int
		Ratio float64
		OK    bool
		At    time.Time
		Bytes []byte
	}
	namedStruct struct {
		ID     level
		Name   quality
		Other  shout  `db:"count"`
		Ignore string `db:"-"`
		hidden int
		OKAY   bool `db:"ok"`
	}
	pointerStruct struct {
		ID    *int64
		Name  **string
		Count *int32
		At    *time.Time
		OK    *bool
		Bytes *[]byte
	}
	nullStruct struct {
		ID    sql.NullInt64
		Name  sql.NullString
		Count sql.Null[int32]
		At    sql.NullTime
		OK    sql.NullBool
	}
	pgtypeStruct struct {
		ID    pgtype.Int8
		Name  pgtype.Text
		Count pgtype.Int4
		At    pgtype.Timestamptz
		OK    pgtype.Bool
		Ratio pgtype.Float8
	}
	jsonStruct struct {
		ID   int64
		Doc  map[string]any
		Doc2 pair            `db:"doc_2"`
		Doc3 json.RawMessage `db:"Doc3,omitempty"`
		Doc4 *pair
	}
	arrayStruct struct {
		ID   int32
		Ints []int32
		Net  netip.Addr
		UUID [16]byte
		Any  any
	}
	// Inner is embedded, and exported.
	Inner struct {
		ID   int64
		Name string
	}
	innermost struct{ Count int32 }
	inner     struct {
		innermost
		OK bool
	}
	embeddedStruct struct {
		Inner
		inner
		At   time.Time
		More struct{ Not, Looked, Into int } `db:"-"`
	}
	genericStruct[A, B any] struct {
		ID   A
		Name B
	}
	wholeRow struct{ Whole wholeScanner }
	valueRow struct{ Name string }
)

var _ = namedStruct{}.hidden // pgx passes over it

func (q quality) Good() bool { return q != "" }

func (s *shout) Scan(v any) error {
	*s += shout(strings.ToUpper(fmt.Sprint(v)))
	return nil
}

// wholeScanner scans whole rows.
type wholeScanner struct{ columns int }

func (w *wholeScanner) ScanRow(rows pgx.Rows) error {
	w.columns += len(rows.RawValues())
	return nil
}

// columns are what the structs' columns may be: usually, and otherwise.
var columns = map[string][]uint32{
	"id":    {pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.TextOID},
	"name":  {pgtype.TextOID, pgtype.VarcharOID, pgtype.ByteaOID, pgtype.Int8OID},
	"count": {pgtype.Int4OID, pgtype.Int2OID, pgtype.Int8OID},
	"small": {pgtype.Int2OID, pgtype.Int8OID},
	"n":     {pgtype.Int8OID, pgtype.Int4OID},
	"ratio": {pgtype.Float8OID, pgtype.Float4OID},
	"ok":    {pgtype.BoolOID},
	"at":    {pgtype.TimestamptzOID, pgtype.TimestampOID, pgtype.DateOID},
	"bytes": {pgtype.ByteaOID, pgtype.TextOID},
	"doc":   {pgtype.JSONOID, pgtype.JSONBOID}, "doc_2": {pgtype.JSONBOID, pgtype.JSONOID}, "Doc3": {pgtype.JSONOID}, "doc4": {pgtype.JSONBOID},
	"ints": {pgtype.Int4ArrayOID}, "net": {pgtype.InetOID}, "uuid": {pgtype.UUIDOID}, "any": {pgtype.TextOID, pgtype.Int8OID, pgtype.TimestamptzOID},
	"whole": {pgtype.Int8OID}, "extra": {pgtype.TextOID},
}

// valueOf draws a value of a type: malformed sometimes, and NULL sometimes where that is allowed.
func valueOf(t *rapid.T, oid uint32, null bool) any {
	switch kind := rapid.IntRange(0, 60).Draw(t, "kind"); {
	case kind == 0:
		return fake.Raw(rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "raw"))
	case kind <= 3 && null:
		return nil
	}
	switch oid {
	case pgtype.Int8OID:
		return rapid.OneOf(rapid.Int64Range(-9, 9), rapid.Int64()).Draw(t, "int8")
	case pgtype.Int4OID:
		return rapid.OneOf(rapid.Int32Range(-9, 9), rapid.Int32()).Draw(t, "int4")
	case pgtype.Int2OID:
		return rapid.Int16().Draw(t, "int2")
	case pgtype.Float8OID:
		return rapid.Float64().Draw(t, "float8")
	case pgtype.Float4OID:
		return rapid.Float32().Draw(t, "float4")
	case pgtype.BoolOID:
		return rapid.Bool().Draw(t, "bool")
	case pgtype.TimestamptzOID, pgtype.TimestampOID, pgtype.DateOID:
		return time.Unix(rapid.Int64Range(-70_000_000_000, 70_000_000_000).Draw(t, "time"), 123_456_000).UTC()
	case pgtype.ByteaOID:
		return rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes")
	case pgtype.JSONOID, pgtype.JSONBOID:
		return rapid.SampledFrom([]string{`{"A":1}`, `{"B":2}`, `{}`, `null`, `{"x":[1]}`}).Draw(t, "json")
	case pgtype.Int4ArrayOID:
		return rapid.SliceOfN(rapid.Int32(), 0, 4).Draw(t, "ints")
	case pgtype.InetOID:
		return netip.AddrFrom4([4]byte{10, 0, 0, byte(rapid.IntRange(0, 255).Draw(t, "address"))})
	case pgtype.UUIDOID:
		return [16]byte{byte(rapid.IntRange(0, 255).Draw(t, "uuid"))}
	default:
		return rapid.StringN(0, 40, 400).Draw(t, "text")
	}
}

// answer draws the answer to a statement for a struct with columns of some names: in any order, perhaps with one too few or too many, with other
// types from some row on.
func answer(t *rapid.T, names []string) fake.Result {
	names = rapid.Permutation(names).Draw(t, "order")
	switch rapid.IntRange(0, 12).Draw(t, "columns") {
	case 0:
		names = names[1:]
	case 1:
		names = append(names, "extra")
	}
	describe := func() (fields []pgconn.FieldDescription) {
		usual := rapid.IntRange(0, 3).Draw(t, "usual") > 0
		for _, name := range names {
			oid := columns[name][0]
			if !usual {
				oid = rapid.SampledFrom(columns[name]).Draw(t, "type")
			}
			if rapid.IntRange(0, 3).Draw(t, "another case") == 0 {
				name = rapid.SampledFrom([]string{strings.ToUpper(name), "_" + name, name}).Draw(t, "name")
			}
			fields = append(fields, fake.Column(name, oid))
		}
		return fields
	}
	fields := describe()
	r := fake.Rows(fields...)
	n := rapid.IntRange(0, 8).Draw(t, "rows")
	for i := range n {
		if i > 0 && rapid.IntRange(0, 9).Draw(t, "other types") == 0 {
			redescribed := describe()
			for k := range redescribed {
				redescribed[k].Name = fields[k].Name
			}
			fields = redescribed
			r = r.Redescribe(i, fields...)
		}
		row := make([]any, len(fields))
		for k := range fields {
			// What pgtype makes of a NULL of a type that it can't scan is by chance: it tries all types, in the order of a map.
			row[k] = valueOf(t, fields[k].DataTypeOID, fields[k].DataTypeOID == columns[names[k]][0])
		}
		r = r.Row(row...)
	}
	return r
}

// asPgx checks that Each and Collect make of any answer what pgx.CollectRows makes of it: the same structs, up to the same error.
func asPgx[T any](t *rapid.T, c cast, names ...string) {
	c.reply("select", answer(t, names))
	query := func() pgx.Rows {
		rows, err := c.Query(t.Context(), "select s")
		require.NoError(t, err)
		return rows
	}
	var want []T
	var wantErr error
	rows := query()
	for wantErr == nil && rows.Next() {
		var v T
		if v, wantErr = pgx.RowToStructByName[T](rows); wantErr == nil {
			want = append(want, v)
		}
	}
	rows.Close()
	var got []T
	var gotErr error
	for v, err := range coordinator.Each[T](query()) {
		if gotErr = err; err == nil {
			got = append(got, v)
		}
	}
	same(t, want, got, wantErr, gotErr)
	got, gotErr = coordinator.Collect[T](query())
	same(t, want, got, wantErr, gotErr)
}

func same[T any](t *rapid.T, want, got []T, wantErr, gotErr error) {
	if wantErr == nil {
		require.NoError(t, gotErr)
	} else {
		require.EqualError(t, gotErr, wantErr.Error())
	}
	require.Len(t, got, len(want))
	for i := range want {
		if !reflect.DeepEqual(want[i], got[i]) && !strings.Contains(fmt.Sprint(want[i]), "NaN") {
			require.Equal(t, want[i], got[i], "row %d", i)
		}
	}
}

func TestEachIsAsPgx(t *testing.T) {
	c := spawn(t, 1, nil)
	for name, check := range map[string]func(*rapid.T){
		"plain": func(t *rapid.T) {
			asPgx[plainStruct](t, c, "id", "name", "count", "small", "n", "ratio", "ok", "at", "bytes")
		},
		"named":    func(t *rapid.T) { asPgx[namedStruct](t, c, "id", "name", "count", "ok") },
		"pointers": func(t *rapid.T) { asPgx[pointerStruct](t, c, "id", "name", "count", "at", "ok", "bytes") },
		"sql":      func(t *rapid.T) { asPgx[nullStruct](t, c, "id", "name", "count", "at", "ok") },
		"pgtype":   func(t *rapid.T) { asPgx[pgtypeStruct](t, c, "id", "name", "count", "at", "ok", "ratio") },
		"json":     func(t *rapid.T) { asPgx[jsonStruct](t, c, "id", "doc", "doc_2", "Doc3", "doc4") },
		"arrays":   func(t *rapid.T) { asPgx[arrayStruct](t, c, "id", "ints", "net", "uuid", "any") },
		"embedded": func(t *rapid.T) { asPgx[embeddedStruct](t, c, "id", "name", "count", "ok", "at") },
		"generic":  func(t *rapid.T) { asPgx[genericStruct[int64, *string]](t, c, "id", "name") },
		"nested":   func(t *rapid.T) { asPgx[genericStruct[pgtype.Int8, genericText]](t, c, "id", "name") },
		"row":      func(t *rapid.T) { asPgx[wholeRow](t, c, "whole") },
		"one":      func(t *rapid.T) { asPgx[valueRow](t, c, "name") },
	} {
		t.Run(name, func(t *testing.T) { rapid.Check(t, check) })
	}
}

type genericText = sql.Null[string]

// A row's values don't show in another's, though they are made in one place.
func TestEachStartsEachRowAnew(t *testing.T) {
	c := spawn(t, 1, nil)
	answer := fake.Rows(fake.Column("id", pgtype.Int8OID), fake.Column("doc", pgtype.ByteaOID))
	type document struct {
		ID   int64
		Doc  pgtype.PreallocBytes // copies into what is there
		Mine string               `db:"-"`
	}
	var want []document
	for i := range 5 {
		answer = answer.Row(int64(i), []byte(fmt.Sprint("doc ", i)))
		want = append(want, document{ID: int64(i), Doc: []byte(fmt.Sprint("doc ", i))})
	}
	c.reply("select", answer)
	rows, err := c.Query(t.Context(), "select documents")
	require.NoError(t, err)
	var all []document
	for d, err := range coordinator.Each[document](rows) {
		require.NoError(t, err)
		all = append(all, d)
		d.Mine = "the caller's"
	}
	require.Equal(t, want, all)
	c.reply("select", fake.Rows(fake.Column("doc", pgtype.ByteaOID)).Row([]byte("one")).Row([]byte("two")))
	rows, err = c.Query(t.Context(), "select documents")
	require.NoError(t, err)
	values, err := coordinator.Collect[pgtype.PreallocBytes](rows)
	require.NoError(t, err)
	require.Equal(t, []pgtype.PreallocBytes{[]byte("one"), []byte("two")}, values)
}

// The body of an Each may read the row by other ways, too.
func TestRowsMayBeReadWithinEach(t *testing.T) {
	const n = 300
	c := spawn(t, 2, func(cfg *coordinator.Config) { cfg.BatchBytes = 1024 })
	c.reply("select", fake.Rows(fake.Column("id", pgtype.Int8OID), fake.Column("name", pgtype.TextOID), fake.Column("doc", pgtype.JSONOID)).
		Generate(n, func(i int) []any { return []any{int64(i), fmt.Sprint("name ", i), fmt.Sprintf(`{"A":%d}`, i)} }))
	rows, err := c.Query(coordinator.InShardOrder(coordinator.AllShards(t.Context())), "select r from t")
	require.NoError(t, err)
	type record struct {
		ID   int64
		Name string
		Doc  pair
	}
	i := 0
	for r, err := range coordinator.Each[record](rows) {
		require.NoError(t, err)
		want := record{int64(i % n), fmt.Sprint("name ", i%n), pair{A: int32(i % n)}}
		require.Equal(t, want, r)
		switch i % 4 {
		case 0:
			var id int
			var name pgtype.DriverBytes
			var doc sql.NullString
			require.NoError(t, rows.Scan(&id, &name, &doc))
			require.Equal(t, want.ID, int64(id))
			require.Equal(t, want.Name, string(name))
		case 1:
			require.Equal(t, want.Name, string(rows.RawValues()[1]))
		case 2:
			values, err := rows.Values()
			require.NoError(t, err)
			require.Equal(t, want.ID, values[0])
		}
		i++
	}
	require.Equal(t, 2*n, i)
}

// Rows may be looked at in any way, or not at all, and the next is still the next.
func TestRowsAreReadInAnyWay(t *testing.T) {
	const n = 60
	c := spawn(t, 2, func(cfg *coordinator.Config) { cfg.BatchBytes = 300 })
	text := func(i int) string { return strings.Repeat("x", i%17) + fmt.Sprint(i) }
	c.reply("select", fake.Rows(fake.Column("id", pgtype.Int8OID), fake.Column("name", pgtype.TextOID)).
		Generate(n, func(i int) []any { return []any{int64(i), text(i)} }))
	rapid.Check(t, func(t *rapid.T) {
		rows, err := c.Query(coordinator.InShardOrder(coordinator.AllShards(t.Context())), "select r from t")
		require.NoError(t, err)
		for i := range 2 * n {
			i %= n
			require.True(t, rows.Next())
			for range rapid.IntRange(0, 2).Draw(t, "looks") {
				switch rapid.IntRange(0, 4).Draw(t, "look") {
				case 0:
					raw := rows.RawValues()
					require.Equal(t, text(i), string(raw[1]))
				case 1:
					var name string
					require.NoError(t, rows.Scan(nil, &name))
					require.Equal(t, text(i), name)
				case 2:
					var id int64
					require.NoError(t, rows.Scan(&id, nil))
					require.Equal(t, int64(i), id)
				case 3:
					values, err := rows.Values()
					require.NoError(t, err)
					require.Equal(t, []any{int64(i), text(i)}, values)
				case 4:
					r, err := pgx.RowToStructByName[genericStruct[int64, string]](rows)
					require.NoError(t, err)
					require.Equal(t, text(i), r.Name)
				}
			}
		}
		require.False(t, rows.Next())
		require.NoError(t, rows.Err())
	})
}
