package coordinator

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/messages"
)

type (
	namedString  string
	namedInt     int32
	namedFloat   float64
	namedBool    bool
	namedBytes   []byte
	methodString string
	textString   string
	scannedInt   int64
	skipped      string
)

func (s methodString) Upper() string { return string(s) }

func (s *textString) ScanText(v pgtype.Text) error {
	*s = textString("text:" + v.String)
	return nil
}

func (i *scannedInt) Scan(v any) error {
	*i = scannedInt(len(fmt.Sprint(v)))
	return nil
}

func (*skipped) SkipUnderlyingTypePlan() {}

// targets are new targets of many types.
var targets = []func() any{
	func() any { return new(string) }, func() any { return new([]byte) }, func() any { return new(int64) }, func() any { return new(int32) },
	func() any { return new(int16) }, func() any { return new(int8) }, func() any { return new(int) }, func() any { return new(uint32) },
	func() any { return new(float64) }, func() any { return new(float32) }, func() any { return new(bool) }, func() any { return new(time.Time) },
	func() any { return new(time.Duration) }, func() any { return new(any) }, func() any { return new([16]byte) }, func() any { return new([]int32) },
	func() any { return new(*string) }, func() any { return new(*int64) }, func() any { return new(*time.Time) }, func() any { return new(**bool) },
	func() any { return new(namedString) }, func() any { return new(namedInt) }, func() any { return new(namedFloat) }, func() any { return new(namedBool) },
	func() any { return new(namedBytes) }, func() any { return new(methodString) }, func() any { return new(textString) },
	func() any { return new(scannedInt) }, func() any { return new(skipped) }, func() any { return new(*namedString) },
	func() any { return new(pgtype.Text) }, func() any { return new(pgtype.Int8) }, func() any { return new(pgtype.Timestamptz) },
	func() any { return new(pgtype.DriverBytes) }, func() any { return new(pgtype.UndecodedBytes) }, func() any { return new(pgtype.PreallocBytes) },
	func() any { return (*string)(nil) }, func() any { return (*int32)(nil) }, func() any { return (*time.Time)(nil) }, func() any { return "no pointer" },
}

// oids are of the types that have conversions, and of some that don't.
var oids = []uint32{
	pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID, pgtype.JSONOID, pgtype.JSONBOID, pgtype.ByteaOID,
	pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.Float8OID, pgtype.Float4OID, pgtype.BoolOID, pgtype.TimestamptzOID, pgtype.TimestampOID,
	pgtype.DateOID, pgtype.UUIDOID, pgtype.NumericOID, pgtype.QCharOID, pgtype.TimeOID, pgtype.OIDOID, pgtype.Int4ArrayOID, 99_999,
}

func integer(width int, n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n))[8-width:]
}

// rawValue draws what may come for some column, much of it malformed.
func rawValue(t *rapid.T) []byte {
	number := rapid.OneOf(
		rapid.Int64Range(-3, 3), rapid.Int64(), rapid.Int64Range(-700_000_000_000_000_000, 700_000_000_000_000_000),
		rapid.SampledFrom([]int64{
			math.MinInt64, math.MaxInt64, math.MinInt32, math.MaxInt32, math.MinInt32 - 1, math.MaxInt32 + 1, math.MinInt16, math.MaxInt16, math.MaxInt16 + 1,
			firstMicros, lastMicros, firstMicros - 1, lastMicros + 1, -1_500_000,
		}),
	)
	return rapid.OneOf(
		rapid.Just([]byte(nil)), rapid.Just([]byte{}), rapid.SliceOfN(rapid.Byte(), 1, 17),
		rapid.Map(number, func(n int64) []byte { return integer(8, n) }),
		rapid.Map(number, func(n int64) []byte { return integer(4, n) }),
		rapid.Map(number, func(n int64) []byte { return integer(2, n) }),
		rapid.Map(rapid.Float64(), func(f float64) []byte { return integer(8, int64(math.Float64bits(f))) }),
		rapid.Map(rapid.SampledFrom([]string{
			"text", "\x00", "\x01", "\x02", "12", "-7", "t", "2026-02-03", "2026-02-03 04:05:06.007+00", `"json"`, `{"a":1}`, "null", `\x6162`, "{1,2}", "NaN",
		}), func(s string) []byte { return []byte(s) }),
		rapid.SliceOfN(rapid.Byte(), 250, 300),
	).Draw(t, "value")
}

func onePosition(d *messages.Description, values ...[]byte) (*merge.Position, func()) {
	b := messages.NewRowBatch(d)
	b.AppendRow(values)
	at := new(merge.Position)
	at.Begin(b, d)
	return at, func() { b.Recycle(1 << 20) }
}

// attempt calls scan, and returns what became of it as a text: an error, or a panic.
func attempt(scan func() error) (outcome string) {
	defer func() {
		if recover() != nil {
			outcome = "panic"
		}
	}()
	if err := scan(); err != nil {
		return err.Error()
	}
	return ""
}

// rawValues are values that a conversion may get wrong.
func rawValues() (values [][]byte) {
	values = append(values, nil, []byte{}, []byte{2}, make([]byte, 3), make([]byte, 300))
	for _, n := range []int64{
		0, -1, math.MinInt64, math.MaxInt64, math.MinInt32, math.MaxInt32, math.MinInt32 - 1, math.MaxInt32 + 1, math.MinInt16 - 1, math.MaxInt16 + 1,
		firstMicros, lastMicros, firstMicros - 1, lastMicros + 1, -1_500_000, int64(math.Float64bits(1.5)), int64(math.Float64bits(math.Inf(1))),
	} {
		values = append(values, integer(8, n), integer(4, n), integer(4, n/86_400_000_000), integer(2, n), integer(1, n))
	}
	for _, text := range []string{"text", "12", "-7", "99999999999", "t", "2026-02-03", "2026-02-03 04:05:06.007+00", "infinity", `{"a":1}`, "null", `\x6162`, "NaN"} {
		values = append(values, []byte(text))
	}
	return values
}

// What is scanned is what pgtype scans, errors and all, whatever the column, its value and the target.
func TestConversionsAreThoseOfPgtype(t *testing.T) {
	values := rawValues()
	for _, own := range []struct {
		types []pgtype.Codec // of the column; at most one
		plans bool
	}{{}, {plans: true}, {types: []pgtype.Codec{pgtype.TextCodec{}}}, {types: []pgtype.Codec{pgtype.BoolCodec{}}}} {
		for _, oid := range oids {
			for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode, 2} {
				d := &messages.Description{Fields: []pgconn.FieldDescription{{Name: "c", DataTypeOID: oid, Format: format}}}
				for _, codec := range own.types {
					d.Types = append(d.Types, &pgtype.Type{Name: "own", OID: oid, Codec: codec})
				}
				if own.plans {
					d.ScanPlans = append([]pgtype.TryWrapScanPlanFunc{tryWrapTime}, pgtype.NewMap().TryWrapScanPlanFuncs...)
				}
				for _, target := range targets {
					requireScans(t, d, target, values)
				}
			}
		}
	}
}

func TestConversionsOfAnyValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &messages.Description{Fields: []pgconn.FieldDescription{{
			Name: "c", DataTypeOID: rapid.SampledFrom(oids).Draw(t, "oid"), Format: int16(rapid.IntRange(0, 1).Draw(t, "format")),
		}}}
		requireScans(t, d, rapid.SampledFrom(targets).Draw(t, "target"), rapid.SliceOfN(rapid.Custom(rawValue), 1, 20).Draw(t, "values"))
	})
}

// requireScans scans values of d's only column into new targets, and requires that each becomes what pgtype makes of it.
func requireScans(t require.TestingT, d *messages.Description, target func() any, values [][]byte) {
	f := &d.Fields[0]
	types := pgtype.NewMap()
	types.RegisterTypes(d.Types)
	if d.ScanPlans != nil {
		types.TryWrapScanPlanFuncs = d.ScanPlans
	}
	var s scanner
	defer s.close()
	s.describe(d)
	plan := types.PlanScan(f.DataTypeOID, f.Format, target())
	byChance := reflect.TypeOf(plan) == reflect.TypeOf(types.PlanScan(0, 7, new(chan int)))
	for _, raw := range values {
		if raw == nil && byChance {
			continue // pgtype tries all types in turn then, in whatever order a map has them
		}
		want, got := target(), target()
		wanted := attempt(func() error { return plan.Scan(raw, want) })
		at, recycle := onePosition(d, raw)
		outcome := attempt(func() error {
			err := s.scan(at, []any{got})
			if err == nil {
				return nil
			}
			var scanErr pgx.ScanArgError
			if !errors.As(err, &scanErr) {
				return fmt.Errorf("a %T", err)
			}
			return scanErr.Err
		})
		if wanted != outcome || !reflect.DeepEqual(want, got) && !floatsDiffer(want, got) {
			require.Equal(t, wanted, outcome, "%+v as %x into %T", *f, raw, want)
			require.Equal(t, want, got, "%+v as %x into %T", *f, raw, want)
		}
		recycle()
	}
}

// floatsDiffer reports whether two targets hold a NaN, which is no equal of itself.
func floatsDiffer(a, b any) bool {
	return fmt.Sprint(reflect.Indirect(reflect.ValueOf(a))) == "NaN" && fmt.Sprint(reflect.Indirect(reflect.ValueOf(b))) == "NaN"
}

// tryWrapTime makes every time the first of January.
func tryWrapTime(target any) (plan pgtype.WrappedScanPlanNextSetter, next any, ok bool) {
	if _, is := target.(*time.Time); !is {
		return nil, nil, false
	}
	return &januaryPlan{}, new(any), true
}

type januaryPlan struct{ next pgtype.ScanPlan }

func (p *januaryPlan) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *januaryPlan) Scan(_ []byte, target any) error {
	*target.(*time.Time) = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return nil
}

// Each conversion is used: a type that loses its own would be slow, not wrong.
func TestCommonTypesAreConverted(t *testing.T) {
	for _, test := range []struct {
		oid    uint32
		target any
		want   conversion
	}{
		{pgtype.TextOID, new(string), toString},
		{pgtype.VarcharOID, new(string), toString},
		{pgtype.JSONOID, new(string), toString},
		{pgtype.BPCharOID, new([]byte), toBytes},
		{pgtype.ByteaOID, new([]byte), toBytes},
		{pgtype.Int8OID, new(pgtype.UndecodedBytes), toBytes},
		{pgtype.TextOID, new(pgtype.DriverBytes), toBorrowed},
		{pgtype.ByteaOID, new(pgtype.DriverBytes), toBorrowed},
		{pgtype.TextOID, new(pgtype.Text), toText},
		{pgtype.Int8OID, new(int64), int8ToInt64},
		{pgtype.Int8OID, new(int32), int8ToInt32},
		{pgtype.Int8OID, new(int16), int8ToInt16},
		{pgtype.Int4OID, new(int64), int4ToInt64},
		{pgtype.Int4OID, new(int32), int4ToInt32},
		{pgtype.Int4OID, new(int16), int4ToInt16},
		{pgtype.Int2OID, new(int64), int2ToInt64},
		{pgtype.Int2OID, new(int32), int2ToInt32},
		{pgtype.Int2OID, new(int16), int2ToInt16},
		{pgtype.Float8OID, new(float64), float8ToFloat64},
		{pgtype.Float4OID, new(float32), float4ToFloat32},
		{pgtype.BoolOID, new(bool), boolToBool},
		{pgtype.TimestamptzOID, new(time.Time), timestamptzToTime},
		{pgtype.TimestampOID, new(time.Time), timestampToTime},
		{pgtype.DateOID, new(time.Time), dateToTime},
		{pgtype.TextOID, new(namedString), toString},
		{pgtype.Int4OID, new(namedInt), int4ToInt32},
		{pgtype.TextOID, new(methodString), byPlan},
		{pgtype.TextOID, new(int64), byPlan},
		{pgtype.JSONBOID, new(string), byPlan},
	} {
		d := &messages.Description{Fields: []pgconn.FieldDescription{{DataTypeOID: test.oid, Format: pgtype.BinaryFormatCode}}}
		require.Equal(t, test.want, conversionFor(d, 0, test.target), "%d into %T", test.oid, test.target)
	}
	d := &messages.Description{Fields: []pgconn.FieldDescription{{DataTypeOID: pgtype.Int8OID, Format: pgtype.BinaryFormatCode}}}
	require.NotEqual(t, byPlan, conversionFor(d, 0, new(int)))
}

// A scan into a list that is made once allocates nothing but slabs for texts, and none for what is borrowed or preallocated.
func TestScanAllocatesNothing(t *testing.T) {
	d := &messages.Description{Fields: []pgconn.FieldDescription{
		{DataTypeOID: pgtype.Int8OID, Format: 1},
		{DataTypeOID: pgtype.TextOID, Format: 1},
		{DataTypeOID: pgtype.TimestamptzOID, Format: 1},
		{DataTypeOID: pgtype.BoolOID, Format: 1},
	}}
	at, recycle := onePosition(d, integer(8, 7), []byte("a text of thirty-odd characters"), integer(8, 1), []byte{1})
	defer recycle()
	for _, test := range []struct {
		text any
		most float64
	}{{new(pgtype.DriverBytes), 0}, {&[]pgtype.PreallocBytes{make([]byte, 100)}[0], 0}, {new(string), 0.01}, {new([]byte), 0.01}, {new(pgtype.Text), 0.01}} {
		var s scanner
		s.describe(d)
		dest := []any{new(int64), test.text, new(time.Time), new(bool)}
		require.NoError(t, s.scan(at, dest))
		const rows = 10_000
		allocations := testing.AllocsPerRun(3, func() {
			for range rows {
				if err := s.scan(at, dest); err != nil {
					panic(err)
				}
			}
		})
		require.LessOrEqual(t, allocations/rows, test.most, "%T", test.text)
		s.close()
	}
}

func TestSlabsKeepTextsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s slab
		var copies, want [][]byte
		lengths := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 40), rapid.IntRange(0, 600)), 1, 200).Draw(t, "lengths")
		for i, n := range lengths {
			v := make([]byte, n)
			for k := range v {
				v[k] = byte(i)
			}
			c := s.copy(v)
			require.NotNil(t, c)
			copies, want = append(copies, c), append(want, v)
			require.LessOrEqual(t, len(s.bytes), largestSlab)
		}
		for i := range copies {
			copies[i] = append(copies[i], 0xff)[:len(want[i])] // must not reach into the next
		}
		for i := range copies {
			require.Equal(t, want[i], copies[i])
		}
	})
}

func TestPilesAreInOrder(t *testing.T) {
	type large [3 * pileChunk / 2]byte
	for _, n := range []int{0, 1, 2, 3, 1000, pileChunk / 8, pileChunk/8 + 1, 3*pileChunk/8 + 5} {
		var p pile[int64]
		var want []int64
		for i := range n {
			p.add(int64(i))
			want = append(want, int64(i))
		}
		require.Equal(t, want, p.slice(), n)
	}
	var huge pile[large]
	var none pile[struct{}]
	for i := range 5 {
		huge.add(large{byte(i)})
		none.add(struct{}{})
	}
	all := huge.slice()
	require.Len(t, all, 5)
	for i := range all {
		require.Equal(t, byte(i), all[i][0])
	}
	require.Len(t, none.slice(), 5)
}
