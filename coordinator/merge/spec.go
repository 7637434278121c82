package merge

import "github.com/troupedb/troupe/messages"

// Spec says how the rows of several shards become one answer. It is immutable, holds no arguments, and is safe for
// concurrent use. The steps are taken in the order of the fields; without any of them the rows are concatenated.
type Spec struct {
	// Dialect decides how values compare: where NULLs are by default was settled by whoever made the Spec.
	Dialect messages.Dialect
	// Group merges partial groups; nil without. The rows that follow are its outputs, which have no hidden columns.
	Group *Group
	// Order is the order of the answer. Without Group the rows of each shard come in this order already, and are merged.
	Order []Key
	// Distinct drops rows that repeat: see [Distinct].
	Distinct Distinct
	// DistinctOn are the keys of Distinct's DistinctKeys: the first of Order, in any sequence.
	DistinctOn []Key
	// Twins are visible columns whose values DistinctRows doesn't look at, and the hidden columns that it looks at instead.
	Twins []Twin
	// Hidden is how many trailing columns the shards were asked for beyond those of the statement. With Group it is 0.
	Hidden int
	// Cut says that Options.Offset and Options.Limit are applied, after everything else.
	Cut bool
}

// Key is a column that rows are ordered or told apart by.
type Key struct {
	// Column is the column's place: from 0 at the left, or from -1 at the right, hidden columns included.
	Column int
	// Name is the column's name, and then Column doesn't count: the one visible column that has it, as it is written.
	Name string
	// Desc and NullsFirst say how it is ordered. NullsFirst says where NULLs come in the answer, whatever Desc is.
	Desc, NullsFirst bool
	// Collation is the collation of a text, if the statement says it. Defaults to CollationUnknown: Options have it.
	Collation Collation
}

// Twin is a visible column of which a hidden one has the same values in a form that tells them apart: SQLite's times as they are
// stored.
type Twin struct {
	// Column and Stored are the places of the visible and the hidden one, as Key.Column is a place.
	Column, Stored int
}

// Collation is how texts compare.
type Collation uint8

// The collations.
const (
	// CollationUnknown is one that wasn't looked up: a text under it is an error.
	CollationUnknown Collation = iota
	// Bytewise compares bytes: PostgreSQL's "C", "POSIX", "ucs_basic", SQLite's BINARY.
	Bytewise
	// NoCase is SQLite's NOCASE: bytewise with the ASCII letters folded.
	NoCase
	// TrimRight is SQLite's RTRIM: bytewise without trailing spaces.
	TrimRight
	// Locale is any other deterministic one: texts are equal if their bytes are, but their order is only known to the database.
	Locale
	// Fuzzy is one under which different texts may be equal, and that isn't known here.
	Fuzzy
	// Labels is Locale for a column, or for all columns, of which it is known besides that a type that was made in the database
	// is an enum: its values are equal if their labels are. Without it such a type is an error, for it may be citext.
	Labels
)

// SQLiteCollation returns the collation that SQLite calls by a name, in lower case. One that an application has defined is Fuzzy.
func SQLiteCollation(name string) Collation {
	switch name {
	case "binary":
		return Bytewise
	case "nocase":
		return NoCase
	case "rtrim":
		return TrimRight
	default:
		return Fuzzy
	}
}

// Distinct says which rows repeat.
type Distinct uint8

// The kinds of Distinct.
const (
	// AllRows drops none.
	AllRows Distinct = iota
	// DistinctRows keeps the first of rows that are equal in every visible column.
	DistinctRows
	// DistinctKeys keeps the first of rows that are equal in Spec.DistinctOn.
	DistinctKeys
)

// Group merges groups of which each shard has answered its part. The columns of a shard's row are the group's keys, and then
// what Aggregates refer to.
type Group struct {
	// Keys are the columns that make a group. There may be none: then there is one group, even of no rows.
	Keys []Key
	// Aggregates are computed over the rows of a group.
	Aggregates []Aggregate
	// Having is the condition that a group has to satisfy; nil without.
	Having Expr
	// Outputs are the columns of the answer.
	Outputs []Output
	// Order is the order of the groups, over keys and aggregates: Spec.Order is empty then.
	Order []GroupOrder
}

// Aggregate is one aggregate over the partial rows of a group. Column is where its partial value is, Count where the number
// of values is that an average was taken of.
type Aggregate struct {
	Func   Func
	Column int
	Count  int
	// Collation is that of a text's Min or Max.
	Collation Collation
}

// Func is how partial values become one.
type Func uint8

// The functions.
const (
	// AddCounts adds counts; it is never NULL. Without any rows it is 0.
	AddCounts Func = iota
	// Sum adds the sums that aren't NULL; NULL if all are.
	Sum
	// Total adds SQLite's total(): a float, never NULL.
	Total
	// Min and Max take the extreme that isn't NULL.
	Min
	Max
	// Avg divides the sum of Column's sums by the sum of Count's counts; NULL if that is 0.
	Avg
	// And and Or are bool_and, every, bool_or over partial values that aren't NULL; also of SQLite's integers 0 and 1.
	And
	Or
	// CountDistinct, SumDistinct and AvgDistinct count, add or average the distinct values of Column that aren't NULL: of the values
	// themselves, for each was a key of the shards' groups.
	CountDistinct
	SumDistinct
	AvgDistinct
	// Any takes the value of any row: it is the same in all of a group.
	Any
)

// Output is one column of the answer.
type Output struct {
	// Name is its name. If it is empty it is that of the shards' column NameOf.
	Name   string
	NameOf int
	X      Expr
}

// GroupOrder is one key of the order of groups.
type GroupOrder struct {
	X                Expr
	Desc, NullsFirst bool
	Collation        Collation
}

// Expr is an expression over a group. It is one of the types below, or of those of expression.go.
type Expr interface{ groupExpr() }

type (
	// KeyRef is the value of Group.Keys[Index].
	KeyRef struct {
		// Index is the key's place in Group.Keys.
		Index int
	}
	// AggregateRef is the value of Group.Aggregates[Index].
	AggregateRef struct {
		// Index is the aggregate's place in Group.Aggregates.
		Index int
	}
	// Constant is a literal: nil, bool, int64, string, or a Number.
	Constant struct {
		// Value is nil, bool, int64, string or Number.
		Value any
	}
	// Argument is the statement's argument with that ordinal, from 1.
	Argument struct {
		// Ordinal counts from 1.
		Ordinal int
	}
	// Operation is L Op R, with Op one of + - * / % = <> < <= > >=; without L it is -R or +R.
	Operation struct {
		Op   string
		L, R Expr
	}
	// Junction is a chain of AND or OR.
	Junction struct {
		Or   bool
		Args []Expr
	}
	// Negation is NOT X.
	Negation struct {
		// X is what is negated.
		X Expr
	}
	// NullTest is X IS [NOT] NULL.
	NullTest struct {
		X   Expr
		Not bool
	}
)

// Number is a numeric literal that isn't an int64, as it is written.
type Number string

func (KeyRef) groupExpr()       {}
func (AggregateRef) groupExpr() {}
func (Constant) groupExpr()     {}
func (Argument) groupExpr()     {}
func (Operation) groupExpr()    {}
func (Junction) groupExpr()     {}
func (Negation) groupExpr()     {}
func (NullTest) groupExpr()     {}
