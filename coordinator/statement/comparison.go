package statement

import "strings"

// Operator is the operator of a [Comparison]. "==", "!=" and their like are given in the spelling below.
type Operator string

// The operators.
const (
	Equal          Operator = "="
	NotEqual       Operator = "<>"
	Less           Operator = "<"
	LessOrEqual    Operator = "<="
	Greater        Operator = ">"
	GreaterOrEqual Operator = ">="
	In             Operator = "IN"
	NotIn          Operator = "NOT IN"
	Like           Operator = "LIKE"
	NotLike        Operator = "NOT LIKE"
	Glob           Operator = "GLOB"
	NotGlob        Operator = "NOT GLOB"
	Between        Operator = "BETWEEN"
	NotBetween     Operator = "NOT BETWEEN"
	// Is is IS and IS NOT DISTINCT FROM: "=" that finds NULL equal to NULL.
	Is Operator = "IS"
	// IsNot is IS NOT and IS DISTINCT FROM.
	IsNot Operator = "IS NOT"
)

// Comparison is one comparison of a column with constants. The constants are as they were written or passed: the
// database may convert them to the column's type before it compares (SQLite finds 1 equal to '1' in an INTEGER
// column), and a column whose collation isn't BINARY finds more texts equal than Go does.
type Comparison struct {
	// Table is the real name of the column's table, in lower case; empty if it isn't known, or is no table (a
	// subquery, a common table expression).
	Table string
	// Column is the column's name, in lower case.
	Column string
	// Operator stands between Column and Values: "1 < c" is given as "c > 1".
	Operator Operator
	// Values are the constants: int64, float64, string, []byte or nil for literals, and arguments as they were passed.
	// BETWEEN has two, IN any number, all others one.
	Values []any
	// Negated says that it stands below an odd number of NOTs (those of Operator aside).
	Negated bool
	// Conjunct says that every row that the statement answers with or changes satisfies the comparison, or makes it
	// false if it is Negated: it is a conjunct of the outermost block's WHERE or of an inner join's ON, and the column
	// is a table's own.
	Conjunct bool
	// Depth is 0 in the outermost block and more in subqueries, common table expressions and the arms of a set
	// operation after the first.
	Depth int

	// others says that the statement refers to more tables than Table.
	others bool
}

// Conjuncts returns the values that column may have in the rows that a statement answers with or changes, according to
// its "=" and "IN" conjuncts that aren't negated. Of several such conjuncts the one with the fewest values is taken:
// each of them is an over-approximation, and whether values of two Go types are equal is the column's business. NULL
// equals nothing and is left out, so no values with ok true mean that no row is answered with: any one shard will do.
//
// ok is false if there is no such conjunct, and also if the statement refers to more than one table, because the rows
// of the others may be anywhere. Who knows that they live together can look at the comparisons instead.
func Conjuncts(comparisons []Comparison, column string) (values []any, ok bool) {
	for _, c := range comparisons {
		if !c.Conjunct || c.Negated || c.others || !strings.EqualFold(c.Column, column) {
			continue
		}
		if c.Operator != Equal && c.Operator != In {
			continue
		}
		candidates := make([]any, 0, len(c.Values))
		for _, v := range c.Values {
			if v != nil {
				candidates = append(candidates, v)
			}
		}
		if !ok || len(candidates) < len(values) {
			values, ok = candidates, true
		}
	}
	return values, ok
}
