package mapping_test

import (
	"database/sql/driver"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

type inner struct {
	Name string
	Tags []string
	Next *inner
	n    int
}

// money hides what it is in an unexported pointer, and says so.
type money struct{ cents *big.Int }

func (m money) Value() (driver.Value, error) {
	if m.cents == nil {
		return nil, nil
	}
	return m.cents.String(), nil
}

type everything struct {
	ID    int               `db:"id,pk"`
	I8    int8              `db:"i8"`
	U64   uint64            `db:"u64"`
	F32   float32           `db:"f32"`
	F64   float64           `db:"f64"`
	B     bool              `db:"b"`
	S     *string           `db:"s"`
	Raw   []byte            `db:"raw"`
	UUID  [16]byte          `db:"uuid"`
	T     *time.Time        `db:"t"`
	JSON  map[string]any    `db:"json"`
	Any   any               `db:"any"`
	List  [][]string        `db:"list"`
	In    *inner            `db:"inn"`
	Num   pgtype.Numeric    `db:"num"`
	Big   *big.Int          `db:"big"`
	Addr  netip.Addr        `db:"addr"`
	Cash  money             `db:"cash"`
	PCash *money            `db:"pcash"`
	M     map[string]string `db:"m"`
	Rat   *big.Rat          `db:"rat"`
	Float *big.Float        `db:"big_float"`
}

func (*everything) TableName() string { return "everything" }

func ptr[T any](v T) *T { return &v }

func full() *everything {
	return &everything{
		ID: 1, I8: -1, U64: math.MaxUint64, F32: 1.5, F64: math.NaN(), B: true, S: ptr("s"), Raw: []byte{1, 2}, UUID: [16]byte{1}, T: ptr(time.Unix(5, 6)),
		JSON: map[string]any{"a": []any{1.0, map[string]any{"b": nil}}}, Any: []any{"x"}, List: [][]string{{"a"}, nil, {}},
		In: &inner{Name: "n", Tags: []string{"t"}, Next: &inner{n: 3}}, Num: pgtype.Numeric{Int: big.NewInt(12), Exp: -1, Valid: true},
		Big: big.NewInt(1 << 40), Addr: netip.MustParseAddr("1.2.3.4"), Cash: money{big.NewInt(5)}, PCash: &money{big.NewInt(6)},
		M: map[string]string{"k": "v"}, Rat: big.NewRat(1, 3), Float: big.NewFloat(1.25),
	}
}

// TestSnapshot: every change in place shows, in its column alone, and is taken back.
func TestSnapshot(t *testing.T) {
	changes := map[string][]func(*everything){
		"id": {func(e *everything) { e.ID = 2 }}, "i8": {func(e *everything) { e.I8 = 1 }}, "u64": {func(e *everything) { e.U64-- }},
		"f32": {func(e *everything) { e.F32 = 2 }}, "f64": {func(e *everything) { e.F64 = 0 }}, "b": {func(e *everything) { e.B = false }},
		"s":    {func(e *everything) { *e.S = "t" }, func(e *everything) { e.S = nil }},
		"raw":  {func(e *everything) { e.Raw[1] = 9 }, func(e *everything) { e.Raw = nil }, func(e *everything) { e.Raw = e.Raw[:1] }},
		"uuid": {func(e *everything) { e.UUID[15] = 1 }},
		"t":    {func(e *everything) { *e.T = e.T.Add(1) }, func(e *everything) { *e.T = e.T.In(time.FixedZone("", 60)) }},
		"json": {
			func(e *everything) { e.JSON["a"].([]any)[1].(map[string]any)["b"] = 1 }, func(e *everything) { e.JSON["c"] = nil },
			func(e *everything) { delete(e.JSON, "a"); e.JSON["b"] = 1 }, func(e *everything) { e.JSON = nil },
		},
		"any":  {func(e *everything) { e.Any.([]any)[0] = 1 }, func(e *everything) { e.Any = nil }, func(e *everything) { e.Any = 5 }},
		"list": {func(e *everything) { e.List[0][0] = "b" }, func(e *everything) { e.List[1] = []string{} }},
		"inn":  {func(e *everything) { e.In.Next.n = 4 }, func(e *everything) { e.In.Tags[0] = "u" }, func(e *everything) { e.In.Next = nil }},
		"num":  {func(e *everything) { e.Num.Int.Add(e.Num.Int, big.NewInt(1)) }, func(e *everything) { e.Num.Exp = 0 }},
		"big":  {func(e *everything) { e.Big.Lsh(e.Big, 2) }}, "addr": {func(e *everything) { e.Addr = netip.Addr{} }},
		"cash": {func(e *everything) { e.Cash = money{} }}, "pcash": {func(e *everything) { e.PCash.cents.SetInt64(7) }, func(e *everything) { e.PCash = nil }},
		"m":   {func(e *everything) { e.M["k"] = "w" }},
		"rat": {func(e *everything) { e.Rat.Neg(e.Rat) }}, "big_float": {func(e *everything) { e.Float.Neg(e.Float) }},
	}
	m, err := mapping.Of(reflect.TypeFor[everything]())
	require.NoError(t, err)
	require.Len(t, changes, len(m.Columns))
	for column, list := range changes {
		for i, change := range list {
			e := full()
			v := reflect.ValueOf(e).Elem()
			s, err := m.Snapshot(v)
			require.NoError(t, err)
			changed, err := s.Changed(v)
			require.NoError(t, err)
			require.Empty(t, changed)
			change(e)
			changed, err = s.Changed(v)
			require.NoError(t, err)
			require.Equal(t, []int{m.Position(column)}, changed, "%s %d", column, i)
			if column == "pcash" && i == 0 {
				continue // what is hidden can be seen, and not set
			}
			s.Restore(v)
			change(e) // of the copy that was restored
			s.Restore(v)
			changed, err = s.Changed(v)
			require.NoError(t, err)
			require.Empty(t, changed, "%s %d", column, i)
		}
	}
	var zero everything
	s, err := m.Snapshot(reflect.ValueOf(&zero).Elem())
	require.NoError(t, err)
	changed, err := s.Changed(reflect.ValueOf(full()).Elem())
	require.NoError(t, err)
	require.Len(t, changed, len(m.Columns))
	require.Equal(t, 0, s.Value(0))
}

type secretive struct {
	ID  int      `db:"id,pk"`
	Any any      `db:"any"`
	Sec *hermit  `db:"sec"`
	Bad *panicky `db:"bad"`
}

type hermit struct{ in []int }

type panicky struct{ p *int }

func (p *panicky) Value() (driver.Value, error) { return int64(*p.p), nil }

func (secretive) TableName() string { return "t" }

func TestSnapshotRefuses(t *testing.T) {
	m, err := mapping.Of(reflect.TypeFor[secretive]())
	require.NoError(t, err)
	loop := map[string]any{}
	loop["self"] = loop
	for name, value := range map[string]secretive{
		"hidden": {Sec: &hermit{in: []int{1}}}, "hidden behind an interface": {Any: hermit{}}, "loop": {Any: loop}, "panic": {Bad: &panicky{}}, "channel": {Any: make(chan int)},
	} {
		_, err := m.Snapshot(reflect.ValueOf(&value).Elem())
		require.ErrorIs(t, err, messages.ErrInvalidRequest, name)
	}
	_, err = m.Snapshot(reflect.ValueOf(&secretive{Any: 1}).Elem())
	require.NoError(t, err)
}

// TestSnapshotProperty: a snapshot finds exactly the columns that differ, and restores all.
func TestSnapshotProperty(t *testing.T) {
	type row struct {
		plain
		A []int32
		B map[string]int
		C *string
		D any
	}
	m, err := mapping.Of(reflect.TypeFor[row]())
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) *row {
			r := &row{
				plain: plain{rapid.IntRange(0, 1).Draw(t, label+".id")}, A: rapid.SliceOfN(rapid.Int32Range(0, 2), 0, 3).Draw(t, label+".a"),
				B: rapid.MapOfN(rapid.SampledFrom([]string{"x", "y"}), rapid.IntRange(0, 1), 0, 2).Draw(t, label+".b"),
				D: rapid.SampledFrom([]any{nil, 1, "1", []any{1}, []any{"1"}, 1.0}).Draw(t, label+".d"),
			}
			if rapid.Bool().Draw(t, label+".c?") {
				r.C = ptr(rapid.SampledFrom([]string{"", "c"}).Draw(t, label+".c"))
			}
			return r
		}
		a, b := draw("a"), draw("b")
		s, err := m.Snapshot(reflect.ValueOf(a).Elem())
		require.NoError(t, err)
		changed, err := s.Changed(reflect.ValueOf(b).Elem())
		require.NoError(t, err)
		var want []int
		for i, same := range []bool{
			a.ID == b.ID, reflect.DeepEqual(a.A, b.A), reflect.DeepEqual(a.B, b.B), reflect.DeepEqual(a.C, b.C), reflect.DeepEqual(a.D, b.D),
		} {
			if !same {
				want = append(want, i)
			}
		}
		require.Equal(t, want, changed)
		s.Restore(reflect.ValueOf(b).Elem())
		require.Equal(t, a, b)
	})
}

// TestSnapshotOfEmbedded: columns are found wherever their fields are.
func TestSnapshotOfEmbedded(t *testing.T) {
	type deepest struct {
		Y int8   `db:"y"`
		Z string `db:"z"`
	}
	type deep struct {
		note []int
		X    int64 `db:"x"`
		deepest
	}
	type row struct {
		mapping.Identity
		plain
		deep
		Last []byte `db:"last"`
	}
	m, err := mapping.Of(reflect.TypeFor[row]())
	require.NoError(t, err)
	changes := map[string]func(*row){
		"id": func(r *row) { r.ID++ }, "x": func(r *row) { r.X++ }, "y": func(r *row) { r.Y++ }, "z": func(r *row) { r.Z += "!" }, "last": func(r *row) { r.Last[0]++ },
	}
	require.Len(t, changes, len(m.Columns))
	was := row{plain: plain{1}, deep: deep{note: []int{1}, X: 2, deepest: deepest{Y: 3, Z: "4"}}, Last: []byte("5")}
	for column, change := range changes {
		r := was
		r.Last = []byte("5")
		s, err := m.Snapshot(reflect.ValueOf(&r).Elem())
		require.NoError(t, err)
		change(&r)
		r.note = nil
		changed, err := s.Changed(reflect.ValueOf(&r).Elem())
		require.NoError(t, err)
		require.Equal(t, []int{m.Position(column)}, changed)
		same, err := s.Same(reflect.ValueOf(&r).Elem(), changed[0])
		require.NoError(t, err)
		require.False(t, same)
		require.Equal(t, reflect.ValueOf(was).FieldByIndex(m.Columns[changed[0]].Index).Interface(), s.Value(changed[0]))
		s.Restore(reflect.ValueOf(&r).Elem())
		require.Nil(t, r.note, "it is no column")
		r.note = was.note
		require.Equal(t, was, r)
	}
}
