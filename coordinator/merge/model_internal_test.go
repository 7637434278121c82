package merge

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

// modelValue is a value as the naive model sees it: nil, int64, float64, string, []byte or bool.
type modelValue any

type modelRow struct {
	source int
	values []modelValue
	id     int64
}

// sqliteDomain has values of all storage classes that are equal, or nearly.
var sqliteDomain = []modelValue{
	nil, int64(0), int64(1), 1.0, 1.5, math.Copysign(0, -1), int64(9007199254740993), 9007199254740992.0, math.Inf(1), int64(-3),
	"", "a", "A", "a ", "A  ", "aaaaaaaab", "aaaaaaaac", "AAAAAAAAB", "b",
	[]byte{},
	[]byte("a"), []byte("aaaaaaaab"), []byte("aaaaaaaac"),
}

// postgresDomains are values of one type each.
var postgresDomains = map[uint32][]modelValue{
	pgtype.Int8OID:    {nil, int64(math.MinInt64), int64(-1), int64(0), int64(1), int64(math.MaxInt64)},
	pgtype.Int4OID:    {nil, int64(-1), int64(0), int64(1), int64(math.MaxInt32)},
	pgtype.TextOID:    {nil, "", "a", "b", "a ", "aaaaaaaab", "aaaaaaaac", "aaaaaaaa", "\x00"},
	pgtype.BoolOID:    {nil, false, true},
	pgtype.Float8OID:  {nil, 0.0, math.Copysign(0, -1), 0.25, 0.5, -0.25, math.Inf(-1), 1e300},
	pgtype.NumericOID: {nil, 0.0, 1.0, 1.5, -1.5, -1.25, 12345678.0, 100.0},
	pgtype.ByteaOID:   {nil, []byte{}, []byte{0}, []byte("aaaaaaaab"), []byte("aaaaaaaac")},
}

var postgresTypes = []uint32{
	pgtype.Int8OID, pgtype.Int4OID, pgtype.TextOID, pgtype.BoolOID, pgtype.Float8OID, pgtype.NumericOID, pgtype.ByteaOID,
}

// compareModel compares values naively: NULL is not compared here.
func compareModel(c Collation, a, b modelValue) int {
	if x, y := modelClass(a), modelClass(b); x != y {
		return x - y
	}
	switch a := a.(type) {
	case string:
		return strings.Compare(foldModel(c, a), foldModel(c, b.(string)))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	case bool:
		return compareBools(a, b.(bool))
	default:
		return bigModel(a).Cmp(bigModel(b))
	}
}

func modelClass(v modelValue) int {
	switch v.(type) {
	case string:
		return 2
	case []byte:
		return 3
	default:
		return 1
	}
}

func bigModel(v modelValue) *big.Float {
	x := new(big.Float).SetPrec(2000)
	if i, ok := v.(int64); ok {
		return x.SetInt64(i)
	}
	return x.SetFloat64(v.(float64))
}

func foldModel(c Collation, s string) string {
	switch c {
	case NoCase:
		return strings.ToLower(s)
	case TrimRight:
		return strings.TrimRight(s, " ")
	default:
		return s
	}
}

// encodeModel returns a value's bytes and type; on PostgreSQL the type is given.
func encodeModel(v modelValue, oid uint32) ([]byte, uint32) {
	switch v := v.(type) {
	case int64:
		if oid == pgtype.Int4OID {
			return binary.BigEndian.AppendUint32(nil, uint32(v)), oid
		}
		return binary.BigEndian.AppendUint64(nil, uint64(v)), pgtype.Int8OID
	case float64:
		if oid == pgtype.NumericOID {
			text := big.NewFloat(v).Text('f', 2)
			form, _ := appendParsedNumeric(nil, []byte(text))
			return form, oid
		}
		return binary.BigEndian.AppendUint64(nil, math.Float64bits(v)), pgtype.Float8OID
	case string:
		return append([]byte{}, v...), pgtype.TextOID
	case []byte:
		return append([]byte{}, v...), pgtype.ByteaOID
	case bool:
		if v {
			return []byte{1}, pgtype.BoolOID
		}
		return []byte{0}, pgtype.BoolOID
	default:
		if oid == 0 {
			oid = pgtype.TextOID
		}
		return nil, oid
	}
}

// model is a random call: its rows, and what is asked.
type model struct {
	spec    Spec
	options Options
	types   []uint32       // of the columns on PostgreSQL
	domains [][]modelValue // of the columns
	rows    [][]modelRow
}

var modelNames = []string{"c0", "c1", "c2", "c3", "id"}

const (
	modelColumns = 4 // and the id
	modelVisible = 3
)

func drawModel(t *rapid.T, dialect messages.Dialect) *model {
	m := &model{spec: Spec{Dialect: dialect, Hidden: modelColumns + 1 - modelVisible}}
	m.options.Sources = rapid.IntRange(0, 5).Draw(t, "sources")
	m.options.Distinct = Bytewise
	if dialect == messages.SQLite {
		m.options.Distinct = rapid.SampledFrom([]Collation{Bytewise, NoCase, TrimRight}).Draw(t, "collation")
	}
	for range modelColumns {
		typ := rapid.SampledFrom(postgresTypes).Draw(t, "type")
		domain := sqliteDomain
		if dialect == messages.PostgreSQL {
			domain = postgresDomains[typ]
		}
		n := rapid.IntRange(1, len(domain)).Draw(t, "values") // few make rows that are equal
		domain = rapid.Permutation(domain).Draw(t, "domain")[:n]
		m.types, m.domains = append(m.types, typ), append(m.domains, domain)
	}
	m.drawKeys(t)
	for source := range m.options.Sources {
		m.rows = append(m.rows, m.drawRows(t, source))
	}
	return m
}

func (m *model) drawKeys(t *rapid.T) {
	columns := rapid.Permutation([]int{0, 1, 2, 3}).Draw(t, "columns")
	for _, column := range columns[:rapid.IntRange(0, 3).Draw(t, "keys")] {
		k := Key{Column: column, Desc: rapid.Bool().Draw(t, "desc"), NullsFirst: rapid.Bool().Draw(t, "nulls first")}
		switch how := rapid.IntRange(0, 2).Draw(t, "how"); {
		case how == 1:
			k.Column -= modelColumns + 1
		case how == 2 && column < modelVisible:
			k.Name, k.Column = modelNames[column], 99
		}
		m.spec.Order = append(m.spec.Order, k)
		c := m.options.Distinct
		if m.spec.Dialect == messages.SQLite && rapid.IntRange(0, 3).Draw(t, "other collation") == 0 {
			c = rapid.SampledFrom([]Collation{Bytewise, NoCase, TrimRight}).Draw(t, "key collation")
		}
		m.options.Order = append(m.options.Order, c)
	}
}

func (m *model) drawRows(t *rapid.T, source int) []modelRow {
	n := rapid.IntRange(0, 12).Draw(t, "rows")
	rows := make([]modelRow, n)
	for i := range rows {
		rows[i] = modelRow{source: source, id: int64(source*1000 + i)}
		for column := range modelColumns {
			rows[i].values = append(rows[i].values, rapid.SampledFrom(m.domains[column]).Draw(t, "value"))
		}
	}
	slices.SortStableFunc(rows, m.compare)
	return rows
}

// column returns the place of a key.
func (m *model) column(k Key) int {
	switch {
	case k.Name != "":
		return slices.Index(modelNames, k.Name)
	case k.Column < 0:
		return k.Column + modelColumns + 1
	default:
		return k.Column
	}
}

func (m *model) compare(a, b modelRow) int {
	for i, k := range m.spec.Order {
		x, y := a.values[m.column(k)], b.values[m.column(k)]
		switch {
		case x == nil && y == nil:
			continue
		case x == nil || y == nil:
			if (x == nil) == k.NullsFirst {
				return -1
			}
			return 1
		}
		if c := compareModel(m.options.Order[i], x, y); c != 0 {
			if k.Desc {
				return -c
			}
			return c
		}
	}
	return 0
}

func equalModel(c Collation, a, b modelValue) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return compareModel(c, a, b) == 0
}

// feed cuts the rows into batches, of rows of the same types each.
func (m *model) feed(t *rapid.T) *batchFeed {
	f := &batchFeed{batches: make([][]*messages.RowBatch, len(m.rows))}
	for source, rows := range m.rows {
		var b *messages.RowBatch
		for _, row := range rows {
			var values [][]byte
			var oids []uint32
			for column, v := range row.values {
				typ := uint32(0)
				if m.spec.Dialect == messages.PostgreSQL {
					typ = m.types[column]
				}
				raw, oid := encodeModel(v, typ)
				values, oids = append(values, raw), append(oids, oid)
			}
			id, oid := encodeModel(row.id, 0)
			values, oids = append(values, id), append(oids, oid)
			d := describeColumns(modelNames, oids)
			if b == nil || !b.Description.SameFields(d.Fields) || rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
				if rapid.IntRange(0, 9).Draw(t, "empty") == 0 {
					f.batches[source] = append(f.batches[source], batchOf(source, d))
				}
				b = batchOf(source, d)
				f.batches[source] = append(f.batches[source], b)
			}
			b.AppendRow(values)
		}
	}
	if len(m.rows) > 0 {
		f.order = rapid.SliceOfN(rapid.IntRange(0, len(m.rows)-1), 0, 20).Draw(t, "order")
	}
	return f
}
