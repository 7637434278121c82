package schema

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// Aspect says what of a table differs.
type Aspect string

// The aspects.
const (
	// TableMissing: some shards lack the table.
	TableMissing Aspect = "table"
	// TableOptions: the table is partitioned, foreign, unlogged, virtual, STRICT, WITHOUT ROWID or AUTOINCREMENT on some shards only, or
	// SQLite does something else on a conflict with its constraints.
	TableOptions Aspect = "options"
	// ColumnMissing: some shards lack the column.
	ColumnMissing Aspect = "column"
	// ColumnOrder: the columns that all shards have come in another order, which SELECT * and an INSERT without names show.
	ColumnOrder Aspect = "order"
	// ColumnType: the column has another type, or the same with another collation or other labels of an enum.
	ColumnType Aspect = "type"
	// ColumnNull: the column takes NULL on some shards only.
	ColumnNull Aspect = "null"
	// ColumnDefault: the column has another default, identity or generation expression.
	ColumnDefault Aspect = "default"
	// PrimaryKey: the primary key has other columns, or compares or checks them otherwise: their collation, their order, deferrable.
	PrimaryKey Aspect = "primary key"
	// Index: some shards lack the index, the unique or the exclusion constraint, whatever its name.
	Index Aspect = "index"
)

// Differences is what [Drift] has found. It is the caller's, and is encoded as JSON as it is.
type Differences struct {
	// Shards are those that were compared, in configuration order.
	Shards []messages.ShardID `json:"shards"`
	// List has the differences, by table, and within a table by column.
	List []Difference `json:"differences"`
}

// Difference is one thing that isn't the same on all shards.
type Difference struct {
	Table string `json:"table"`
	// Column is the column; empty if it is about the whole table.
	Column string `json:"column,omitempty"`
	Aspect Aspect `json:"aspect"`
	// Variants are what there is, and where: at least two, or one if a table that was asked for is on no shard.
	Variants []Variant `json:"variants"`
}

// Variant is one of the forms that something has.
type Variant struct {
	// Value is the form: a type, a default, a list of columns; "missing", or what is there where it is missing elsewhere.
	Value string `json:"value"`
	// Shards have this form.
	Shards []messages.ShardID `json:"shards"`
}

// Empty reports whether the shards are equal.
func (d *Differences) Empty() bool { return d == nil || len(d.List) == 0 }

// String returns a line for each difference; nothing if there is none.
func (d *Differences) String() string {
	if d == nil {
		return ""
	}
	lines := make([]string, len(d.List))
	for i := range d.List {
		lines[i] = d.List[i].String()
	}
	return strings.Join(lines, "\n")
}

// String returns one line: the table, the column, what differs, and each variant with its shards.
func (d Difference) String() string {
	var b strings.Builder
	b.WriteString(d.Table)
	if d.Column != "" {
		b.WriteString("." + d.Column)
	}
	fmt.Fprintf(&b, ": %s:", d.Aspect)
	for i, v := range d.Variants {
		if i > 0 {
			b.WriteString(";")
		}
		ids := make([]string, len(v.Shards))
		for j, id := range v.Shards {
			ids[j] = string(id)
		}
		fmt.Fprintf(&b, " %s on %s", v.Value, strings.Join(ids, ", "))
	}
	return b.String()
}
