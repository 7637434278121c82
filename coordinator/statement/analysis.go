package statement

import (
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// Catalogue is what is known of the tables. It is immutable and safe for concurrent use.
type Catalogue struct {
	// Tables are the declared tables by name, in lower case, without schema.
	Tables map[string]*Table
	// Closed says that a table that isn't declared is refused over several shards. Else it counts as a sharded table whose key
	// isn't known, and is on its own: it can't be joined.
	Closed bool
}

// Table is a declared table.
type Table struct {
	// Name is the table's name, in lower case.
	Name string
	// Keys are the columns that a row's shard is computed from; empty for a reference table.
	Keys []KeyColumn
	// Reference says that every shard has all of the table's rows.
	Reference bool
	// Group names the tables whose rows live together if their keys are equal. A table of no group is on its own.
	Group string
	// Columns are the table's columns in order, if they are known: for an INSERT without a column list.
	Columns []string
}

// KeyColumn is one column of a table's key.
type KeyColumn struct {
	Name string // in lower case
	Type keyset.Type
}

// Analysis is what is known of a statement's rows: where those of its tables may live, and whether shards can answer it each
// for itself. It is independent of arguments and shards, immutable, and safe for concurrent use.
type Analysis struct {
	Tree *tree.Statement
	// Occurrences are all occurrences of sharded tables, in every block, in the order of the text.
	Occurrences []*Occurrence
	// References counts the occurrences of reference tables.
	References int
	// Scatter is why the statement can't be run on several shards whatever is done with the rows of its outermost block; nil if
	// that block is all that has to be merged. It speaks of tables, links, nested blocks, functions; the clauses of the
	// outermost block are the planner's.
	Scatter *Refusal

	comparisons []comparison
	blocks      map[*tree.Block]*blockFacts
}

// Occurrence is one occurrence of a sharded table.
type Occurrence struct {
	Table *tree.Table
	Decl  *Table // nil if it isn't declared
	// Keys are over-approximations of the values that each key column has in the rows that matter, one for each of Decl.Keys.
	Keys []keyset.Set
	// Anchor says that it is bound in the outermost block, or an arm of it, or is the target of a change: the shards that the
	// statement needs are those of its anchors.
	Anchor bool
	// Nullable says that it is on the null-extended side of an outer join.
	Nullable bool
}

// blockFacts are what the analysis found out about one block.
type blockFacts struct {
	// keys are, for each sharded occurrence of the block that isn't null-extended, how its key columns can be written.
	keys []boundKey
}

// boundKey is one occurrence whose key is visible in a block.
type boundKey struct {
	occurrence *Occurrence
	// columns has for each key column the columns, as they resolve in the block, that always equal it.
	columns [][]*tree.Column
}
