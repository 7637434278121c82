package mapping

import (
	"database/sql"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type (
	octets  []uint8
	celsius float32
	chain   struct{ Next *chain }
	padded  struct {
		A bool
		_ int8
		b int64
		C string
		d time.Time
	}
)

var (
	utc  = time.Unix(5, 6).UTC()
	east = utc.In(time.FixedZone("", 3600))
	also = utc.In(time.FixedZone("other", 3600))
)

// samples are values of each type, of which no two are the same unless they are told to be: by reflection and by memory alike.
var samples = [][]any{
	{int8(-1), int8(1), int8(0)},
	{int16(-1), int16(1), int16(256)},
	{int32(-1), int32(1), int32(1 << 16), int32(1 << 24)},
	{int64(-1), int64(1), int64(1 << 32), int64(1 << 48), int64(1 << 56)},
	{uint8(0), uint8(255)},
	{uint16(0), uint16(1 << 15)},
	{uint32(0), uint32(1 << 31)},
	{uint64(0), uint64(math.MaxUint64)},
	{0, 1, math.MinInt},
	{uint(0), uint(math.MaxUint)},
	{uintptr(0), uintptr(1)},
	{true, false},
	{float32(0), float32(1.5), float32(math.Copysign(0, -1)), float32(math.NaN())},
	{0.0, 1.5, math.Copysign(0, -1), math.NaN(), math.Inf(1)},
	{celsius(0), celsius(1)},
	{complex(1, 2), complex(2, 1)},
	{"", "a", "b", "ab"},
	{[]byte(nil), []byte{}, []byte{0}, []byte{1}, []byte{0, 0}},
	{octets(nil), octets{}, octets{1}},
	{[]string(nil), []string{}, []string{""}, []string{"a"}},
	{[][]byte(nil), [][]byte{nil}, [][]byte{{}}, [][]byte{{1}}},
	{[16]byte{}, [16]byte{15: 1}},
	{[3]int32{}, [3]int32{2: 1}},
	{[2]float64{}, [2]float64{1: math.NaN()}},
	{[2][2]bool{}, [2][2]bool{1: {true}}},
	{[2]string{}, [2]string{1: "a"}},
	{[0]int{}},
	{struct{}{}},
	{time.Time{}, utc, east, utc.Add(1)},
	{(*time.Time)(nil), &time.Time{}, &utc, &east},
	{(*int64)(nil), new(int64), at(int64(1))},
	{(**string)(nil), new(*string), at(at("")), at(at("a"))},
	{(*[]byte)(nil), at([]byte(nil)), at([]byte{}), at([]byte{1})},
	{sql.NullString{}, sql.NullString{Valid: true}, sql.NullString{String: "a", Valid: true}},
	{sql.NullInt16{}, sql.NullInt16{Int16: 1}, sql.NullInt16{Valid: true}},
	{sql.Null[time.Time]{}, sql.Null[time.Time]{V: utc}, sql.Null[time.Time]{V: utc, Valid: true}},
	{pgtype.Timestamptz{}, pgtype.Timestamptz{InfinityModifier: pgtype.Infinity}, pgtype.Timestamptz{Valid: true}, pgtype.Timestamptz{Time: utc}},
	{pgtype.Numeric{}, pgtype.Numeric{Int: big.NewInt(1)}, pgtype.Numeric{Int: big.NewInt(2)}},
	{padded{}, padded{A: true}, padded{b: 1}, padded{C: "a"}, padded{d: utc}, padded{d: east}},
	{&padded{}, &padded{b: 1}},
	{(*chain)(nil), &chain{}, &chain{&chain{}}, &chain{&chain{&chain{}}}},
	{netip.Addr{}, netip.MustParseAddr("::1"), netip.MustParseAddr("::1%a"), netip.MustParseAddr("::1%b")},
	{*big.NewInt(0), *big.NewInt(5)},
	{(*big.Int)(nil), new(big.Int), big.NewInt(5)},
	{(*big.Rat)(nil), big.NewRat(1, 3)},
	{map[string]any(nil), map[string]any{}, map[string]any{"a": nil}, map[string]any{"a": []any{1}}},
	{[1]any{}, [1]any{1}, [1]any{"1"}, [1]any{[]any{1}}},
	{struct{ V any }{}, struct{ V any }{1}, struct{ V any }{int8(1)}},
	{struct{ Tags []string }{}, struct{ Tags []string }{[]string{}}, struct{ Tags []string }{[]string{"a"}}},
}

func at[T any](v T) *T { return &v }

// place returns a place that has the value.
func place(v any) reflect.Value {
	p := reflect.New(reflect.TypeOf(v))
	p.Elem().Set(reflect.ValueOf(v))
	return p
}

// TestShapesAreWhatReflectionSays: comparing and copying by memory gives what reflection does, for every kind of type.
func TestShapesAreWhatReflectionSays(t *testing.T) {
	for _, values := range samples {
		s := shapeOf(reflect.TypeOf(values[0]))
		for i, a := range values {
			for j, b := range values {
				x, y := place(a), place(b)
				require.Equal(t, i == j, same(x.Elem(), y.Elem()), "%T %v %v", a, a, b)
				require.Equal(t, i == j, s.same(x.UnsafePointer(), y.UnsafePointer()), "%T %v %v", a, a, b)
				require.NoError(t, s.copy(y.UnsafePointer(), x.UnsafePointer()))
				require.True(t, same(x.Elem(), y.Elem()), "%T %v over %v", a, a, b)
				by, err := copyOf(x.Elem(), 0)
				require.NoError(t, err)
				require.True(t, s.same(x.UnsafePointer(), place(by.Interface()).UnsafePointer()), "%T %v", a, a)
			}
		}
	}
	one := shapeOf(reflect.TypeFor[time.Time]())
	require.True(t, one.same(place(east).UnsafePointer(), place(also).UnsafePointer()), "another name of the same zone")
}

// TestShapesAreByMemory: what rows consist of most isn't compared by reflection.
func TestShapesAreByMemory(t *testing.T) {
	for _, v := range []any{
		1, int8(1), uint16(1), float32(1), true, "",
		[]byte{},
		[16]byte{},
		[2][2]int{},
		time.Time{},
		new(int64), new(time.Time), new(*string),
		sql.NullInt64{},
		sql.Null[time.Time]{},
		pgtype.Timestamptz{},
		padded{},
		&padded{},
	} {
		var check func(s shape)
		check = func(s shape) {
			require.NotEqual(t, reflected, s.form, "%T: %v", v, s.t)
			if s.elem != nil {
				check(*s.elem)
			}
			for _, p := range s.parts {
				check(p.shape)
			}
		}
		check(shapeOf(reflect.TypeOf(v)))
	}
}

// TestCopiesShareNothing: what is changed in place shows in the original only.
func TestCopiesShareNothing(t *testing.T) {
	type all struct {
		Raw  []byte
		Text **string
		More *struct{ Raw []byte }
		List []*int
	}
	s := shapeOf(reflect.TypeFor[*all]())
	a := &all{[]byte{1}, at(at("a")), &struct{ Raw []byte }{[]byte{2}}, []*int{at(3)}}
	var b *all
	require.NoError(t, s.copy(reflect.ValueOf(&b).UnsafePointer(), reflect.ValueOf(&a).UnsafePointer()))
	a.Raw[0], **a.Text, a.More.Raw[0], *a.List[0] = 9, "9", 9, 9
	require.Equal(t, &all{[]byte{1}, at(at("a")), &struct{ Raw []byte }{[]byte{2}}, []*int{at(3)}}, b)
}

// TestShapeProperty: bytes that are any, in a struct with room between its fields.
func TestShapeProperty(t *testing.T) {
	type row struct {
		A int8
		B int64
		C *int32
		D string
		E []byte
		F [3]int16
		G float32
	}
	s := shapeOf(reflect.TypeFor[*row]()) // of a pointer, since a struct that refers to something is left to reflection
	parts := map[int]shape{}
	for i := range reflect.TypeFor[row]().NumField() {
		parts[i] = shapeOf(reflect.TypeFor[row]().Field(i).Type)
	}
	draw := func(t *rapid.T) *row {
		few := rapid.IntRange(0, 2)
		r := &row{
			A: int8(few.Draw(t, "a")), B: int64(few.Draw(t, "b")) << 40, D: rapid.StringN(0, 1, -1).Draw(t, "d"),
			E: rapid.SliceOfN(rapid.ByteRange(0, 1), 0, 2).Draw(t, "e"), F: [3]int16{2: int16(few.Draw(t, "f")) << 8}, G: rapid.Float32().Draw(t, "g"),
		}
		if n := few.Draw(t, "c"); n > 0 {
			r.C = at(int32(n))
		}
		return r
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t), draw(t)
		want := true
		for i := range parts {
			part := parts[i]
			x, y := reflect.ValueOf(a).Elem().Field(i), reflect.ValueOf(b).Elem().Field(i)
			require.Equal(t, same(x, y), part.same(x.Addr().UnsafePointer(), y.Addr().UnsafePointer()), "field %d", i)
			want = want && same(x, y)
		}
		require.Equal(t, want, s.same(reflect.ValueOf(&a).UnsafePointer(), reflect.ValueOf(&b).UnsafePointer()))
	})
}
