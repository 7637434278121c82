package oracletest

import (
	"fmt"
	"math/rand/v2"

	"github.com/troupedb/troupe/messages"
)

// generator makes one statement.
type generator struct {
	r *rand.Rand
	s *schema
	d messages.Dialect

	parameters int // of ten values that may be parameters, how many are
	bound      map[*family][]*expression
	names      map[string]bool // that a source has already
	common     []commonTable
	used       map[*table]bool
	hidden     *table // whose name a common table has; its family has others
	depth      int    // of queries in queries
}

// random returns the numbers of one statement, schema or text.
func random(seed, part uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, part)) }

// newStatement makes the statement with this number.
func newStatement(s *schema, seed, number uint64) *statement {
	r := random(seed, number)
	g := &generator{r: r, s: s, d: s.dialect, bound: map[*family][]*expression{}, names: map[string]bool{}, used: map[*table]bool{}}
	g.parameters = among(r, []int{0, 0, 0, 10, 10, 10, 5, 5, 2})
	if g.chance(28) {
		g.bind()
	}
	st := &statement{style: r.IntN(3)}
	if g.chance(15) {
		st.oddity = r.Uint64() | 1
	}
	if g.chance(16) {
		st.write, st.shape = g.write()
	} else {
		st.query, st.shape = g.topQuery()
	}
	if len(g.bound) > 0 {
		st.shape += ", bound"
	}
	return st
}

func (g *generator) sqlite() bool { return g.d == messages.SQLite }

// chance is true in so many of a hundred cases.
func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

// choice is one of several things to make, and how often.
type choice[T any] struct {
	weight int
	make   func() T
}

func choose[T any](g *generator, all []choice[T]) T {
	sum := 0
	for _, c := range all {
		sum += c.weight
	}
	n := g.r.IntN(sum)
	for _, c := range all {
		if n -= c.weight; n < 0 {
			return c.make()
		}
	}
	panic("unreachable")
}

// bind decides that every table of a family has one key, so that the statement is for one shard, whatever it says.
func (g *generator) bind() {
	families := g.s.families[:1]
	if g.chance(10) {
		families = g.s.families
	}
	for _, f := range families {
		key := among(g.r, f.pool)
		for _, v := range key {
			g.bound[f] = append(g.bound[f], g.leaf(v))
		}
	}
}

// leaf returns a value as a literal or a parameter.
func (g *generator) leaf(v value) *expression {
	l := &leaf{value: v, spelling: g.r.IntN(1 << 20), parameter: g.r.IntN(10) < g.parameters}
	if l.parameter && !g.sqlite() && g.chance(6) && v.kind != anything {
		l.cast = "::" + v.kind.cast(g.d)
	}
	return &expression{kind: v.kind, leaf: l}
}

// literal returns a value that is never a parameter: where PostgreSQL couldn't tell its type.
func (g *generator) literal(v value) *expression {
	return &expression{kind: v.kind, leaf: &leaf{value: v, spelling: g.r.IntN(1 << 20)}}
}

func whole(n int64) value    { return value{kind: bigint, i: n} }
func textual(s string) value { return value{kind: text, s: s} }

// variable is a table, or a query in FROM, that expressions may name.
type variable struct {
	alias   string
	columns []column
	table   *table // nil for a query
	family  *family
	keys    []int // the columns that are its family's key; nil if it has lost it
	id      int   // the column that no two rows share, or -1
	lost    bool  // an outer join may leave its row out, and put NULLs in its place
}

// scope is what the expressions of a query may name.
type scope struct {
	vars  []*variable
	plain bool // names need no qualifier
}

func (g *generator) column(sc *scope, v *variable, i int) *expression {
	e := &expression{kind: v.columns[i].kind, name: v.columns[i].name, qualifier: v.alias}
	if sc.plain && g.chance(70) {
		e.qualifier = ""
	}
	return e
}

// anyColumn returns a column of a kind that fits, or nil if there is none.
func (g *generator) anyColumn(sc *scope, fits func(kind) bool) *expression {
	var all []*expression
	for _, v := range sc.vars {
		for i, c := range v.columns {
			if fits(c.kind) {
				all = append(all, g.column(sc, v, i))
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return among(g.r, all)
}

func is(k kind) func(kind) bool {
	return func(other kind) bool { return k == other || k.whole() && other.whole() }
}

// valueLike returns a value to compare a column of a kind with.
func (g *generator) valueLike(k kind) value {
	if k == integer && g.chance(90) || k == bigint && g.chance(60) {
		return value{kind: k, i: int64(g.r.IntN(12) - 3)}
	}
	return k.random(g.r, g.d)
}

// keyValue returns a key of a family for its nth column.
func (g *generator) keyValue(f *family, n int) value {
	if g.chance(8) { // one that no row has, perhaps
		v := value{kind: f.kinds[n]}
		if v.kind == text {
			v.s = among(g.r, someTextKeys)
		} else {
			v.i = among(g.r, someIntegerKeys[:len(someIntegerKeys)-3])
		}
		return v
	}
	return among(g.r, f.pool)[n]
}

// alias returns a name that the statement hasn't used for a source yet.
func (g *generator) alias() string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%c%d", "xyzo"[g.r.IntN(4)], n)
		if !g.names[name] {
			g.names[name] = true
			return name
		}
	}
}
