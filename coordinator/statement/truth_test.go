package statement_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

// ternary is a truth value: NULL lies between FALSE and TRUE.
type ternary int

const (
	no ternary = iota - 1
	null
	yes
)

func truthOf(b bool) ternary {
	if b {
		return yes
	}
	return no
}

// row is a row that expressions are evaluated for. A key is never NULL.
type row struct {
	k int64
	x *int64
}

// drawn is an expression as text, and what it is for a row.
type drawn struct {
	text string
	of   func(row) ternary
}

// scalar is a key, another column or a constant.
type scalar struct {
	text string
	of   func(row) *int64
}

func drawScalar(t *rapid.T, key bool) scalar {
	if key {
		return rapid.SampledFrom([]scalar{
			{"k", func(r row) *int64 { return &r.k }},
			{"users.k", func(r row) *int64 { return &r.k }},
			{"(k)", func(r row) *int64 { return &r.k }},
			{"x", func(r row) *int64 { return r.x }},
		}).Draw(t, "column")
	}
	v := rapid.Int64Range(-1, 5).Draw(t, "constant")
	return rapid.SampledFrom([]scalar{
		{fmt.Sprintf("(%d)", v), func(row) *int64 { return &v }},
		{fmt.Sprint(v), func(row) *int64 { return &v }},
		{fmt.Sprint(v), func(row) *int64 { return &v }},
		{"NULL", func(row) *int64 { return nil }},
		{"$1", func(row) *int64 { return nil }},
		{"$2", func(row) *int64 { n := int64(2); return &n }},
		{"x", func(r row) *int64 { return r.x }},
		{"1 + 1", func(row) *int64 { n := int64(2); return &n }},
	}).Draw(t, "scalar")
}

func compareScalars(op string, a, b *int64) ternary {
	if a == nil || b == nil {
		return null
	}
	switch op {
	case "=":
		return truthOf(*a == *b)
	case "<>":
		return truthOf(*a != *b)
	case "<":
		return truthOf(*a < *b)
	case "<=":
		return truthOf(*a <= *b)
	case ">":
		return truthOf(*a > *b)
	default:
		return truthOf(*a >= *b)
	}
}

func drawExpression(t *rapid.T, depth int) drawn {
	if depth == 0 || rapid.IntRange(0, 4).Draw(t, "leaf") == 0 {
		return drawPredicate(t)
	}
	a := drawExpression(t, depth-1)
	switch rapid.IntRange(0, 6).Draw(t, "connective") {
	case 0, 1:
		b := drawExpression(t, depth-1)
		return drawn{"(" + a.text + " AND " + b.text + ")", func(r row) ternary { return min(a.of(r), b.of(r)) }}
	case 2, 3:
		b := drawExpression(t, depth-1)
		return drawn{"(" + a.text + " OR " + b.text + ")", func(r row) ternary { return max(a.of(r), b.of(r)) }}
	case 4, 5:
		return drawn{"NOT (" + a.text + ")", func(r row) ternary { return -a.of(r) }}
	default:
		test := rapid.SampledFrom([]drawn{
			{" IS TRUE", func(r row) ternary { return truthOf(a.of(r) == yes) }},
			{" IS NOT TRUE", func(r row) ternary { return truthOf(a.of(r) != yes) }},
			{" IS FALSE", func(r row) ternary { return truthOf(a.of(r) == no) }},
			{" IS NOT FALSE", func(r row) ternary { return truthOf(a.of(r) != no) }},
		}).Draw(t, "test")
		return drawn{"((" + a.text + ")" + test.text + ")", test.of}
	}
}

func drawPredicate(t *rapid.T) drawn {
	c, a, b := drawScalar(t, true), drawScalar(t, false), drawScalar(t, false)
	not, sign := rapid.SampledFrom([]string{"", "NOT "}).Draw(t, "not"), ternary(1)
	if not != "" {
		sign = -1
	}
	switch rapid.IntRange(0, 6).Draw(t, "predicate") {
	case 0:
		return drawn{c.text + " " + not + "IN (" + a.text + ", " + b.text + ")", func(r row) ternary {
			return sign * max(compareScalars("=", c.of(r), a.of(r)), compareScalars("=", c.of(r), b.of(r)))
		}}
	case 1:
		return drawn{c.text + " " + not + "BETWEEN " + a.text + " AND " + b.text, func(r row) ternary {
			return sign * min(compareScalars(">=", c.of(r), a.of(r)), compareScalars("<=", c.of(r), b.of(r)))
		}}
	case 2:
		return drawn{c.text + " IS " + not + "DISTINCT FROM " + a.text, func(r row) ternary {
			x, y := c.of(r), a.of(r)
			return sign * truthOf((x == nil) != (y == nil) || x != nil && *x != *y)
		}}
	case 3:
		d := drawScalar(t, true)
		op := rapid.SampledFrom([]string{"=", "<>"}).Draw(t, "op")
		return drawn{"(" + c.text + ", " + d.text + ") " + op + " (" + a.text + ", " + b.text + ")", func(r row) ternary {
			both := min(compareScalars("=", c.of(r), a.of(r)), compareScalars("=", d.of(r), b.of(r)))
			if op == "<>" {
				return -both
			}
			return both
		}}
	default:
		op := rapid.SampledFrom([]string{"=", "=", "<>", "<", "<=", ">", ">="}).Draw(t, "op")
		if rapid.Bool().Draw(t, "turned") {
			return drawn{a.text + " " + op + " " + c.text, func(r row) ternary { return compareScalars(op, a.of(r), c.of(r)) }}
		}
		return drawn{c.text + " " + op + " " + a.text, func(r row) ternary { return compareScalars(op, c.of(r), a.of(r)) }}
	}
}

// Every key of a row that satisfies a condition is among the keys that it narrows to, whatever its other columns are; and so
// is that of a row for which it is FALSE, of those that its negation narrows to.
func TestNarrowingIsSound(t *testing.T) {
	narrowed := 0
	one, two := int64(1), int64(2)
	rapid.Check(t, func(t *rapid.T) {
		e := drawExpression(t, 4)
		for _, d := range []messages.Dialect{messages.PostgreSQL, messages.SQLite} {
			for _, want := range []ternary{yes, no} {
				text := "SELECT * FROM users WHERE " + e.text
				if want == no {
					text = "SELECT * FROM users WHERE NOT (" + e.text + ")"
				}
				a := analyse(t, d, text)
				k := keyset.Evaluate(a.Occurrences[0].Keys[0], keyset.Integer, []any{nil, 2})
				if !k.All {
					narrowed++
				}
				for key := int64(-2); key <= 6; key++ {
					for _, x := range []*int64{nil, &one, &two} {
						if e.of(row{key, x}) == want {
							require.True(t, k.Contains(key), "%s: %s: key %d isn't in %s", d, text, key, written(k))
						}
					}
				}
			}
		}
	})
	require.Positive(t, narrowed)
}
