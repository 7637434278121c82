package statement

import (
	"sync"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// Catalogue is what is known of the tables. It is immutable and safe for concurrent use.
type Catalogue struct {
	// Tables are the declared tables by name, in lower case: without schema, or with the schema and a dot before it.
	Tables map[string]*Table
	// Closed says that a table that isn't declared is refused over several shards. Else it counts as a sharded table whose key
	// isn't known, and is on its own: it can't be joined.
	Closed bool
}

// Table returns the declaration of the table that t names, or nil. A name without schema and one in PostgreSQL's public or SQLite's
// main are the same; one in another schema is another table, and is declared with it.
func (c *Catalogue) Table(t *tree.Table) *Table {
	if t.Schema == nil || t.Schema.Name == "public" || t.Schema.Name == "main" {
		return c.Tables[t.Name.Name]
	}
	return c.Tables[t.Schema.Name+"."+t.Name.Name]
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
// for itself. It is independent of arguments and shards, immutable, and safe for concurrent use. It must not be copied.
type Analysis struct {
	Tree *tree.Statement
	// Occurrences are all occurrences of sharded tables, in every block, in the order of the text. Without any, each shard by
	// itself answers the statement; unless ChangesReference says otherwise, any one of them will do.
	Occurrences []*Occurrence
	// References counts the occurrences of reference tables.
	References int
	// ChangesReference is the name of a reference table that the statement changes, in a common table expression perhaps; empty if it
	// changes none. Then it has to be run on every shard. Scatter says whether it does the same on each.
	ChangesReference string
	// Scatter is why the statement can't be run on several shards whatever is done with the rows of its outermost block; nil if
	// that block is all that has to be merged. It speaks of tables, links, nested blocks, functions; the clauses of the
	// outermost block, and the rows of an INSERT, are the planner's. The arms of an outermost UNION are nested blocks.
	Scatter *Refusal
	// Everywhere is why the statement can't be run on every shard for its effect, as the caller asks for explicitly; nil for DDL
	// and upkeep, and for an INSERT, of which then every shard gets the rows.
	Everywhere *Refusal
	// KeyAssigned is set if the statement assigns a key column of a row that exists. That is refused on one shard as well: the
	// row would stay where it doesn't belong. Scatter is set too.
	KeyAssigned *Refusal

	blocks  []blockFacts
	catalog *Catalogue
	// expressions are the references to common table expressions that have sharded rows.
	expressions []tree.Span

	// comparing guards compared, which is found when it is first asked for.
	comparing sync.Once
	compared  []compared
}

// Occurrence is one occurrence of a sharded table.
type Occurrence struct {
	// Table is where it stands. In a statement that isn't fully understood there may be an occurrence whose name is empty.
	Table *tree.Table
	Decl  *Table // nil if it isn't declared
	// Keys are over-approximations of the values that each key column has in the rows that matter, one for each of Decl.Keys. If
	// there is none, because Decl is nil, the rows may be anywhere.
	Keys []keyset.Set
	// Anchor says that it is bound in the outermost block, or an arm of it, or is the target of a change: the shards that the
	// statement needs are those of its anchors.
	Anchor bool
	// Nullable says that it is on the null-extended side of an outer join.
	Nullable bool
}

// blockFacts are what the analysis found out about one block: what its names mean.
type blockFacts struct {
	block *tree.Block
	view  view
}

// factsOf returns what was found out about a block.
func (a *Analysis) factsOf(b *tree.Block) (view, bool) {
	for i := range a.blocks {
		if a.blocks[i].block == b {
			return a.blocks[i].view, true
		}
	}
	return view{}, false
}
