package statement

// Code says which rule a [Refusal] follows. The values are stable: they may be logged and counted.
type Code string

// The codes of this package; package plan adds those of the outermost block. "Partitioned" rows are those of sharded tables, of which each shard has its own.
const (
	// NotUnderstood: the text, or a part of it, isn't read so far that it is certain what it does.
	NotUnderstood Code = "not-understood"
	// NotQuery: the statement isn't a SELECT, INSERT, UPDATE or DELETE; each shard would run it for itself.
	NotQuery Code = "not-query"
	// NoShardedTable: there is no partitioned row; each shard would give the same answer once more.
	NoShardedTable Code = "no-sharded-table"
	// UndeclaredTable: a table isn't declared, and either has to be or stands beside another.
	UndeclaredTable Code = "undeclared-table"
	// UnboundTable: partitioned rows are looked up for a row of another table without their keys being equal.
	UnboundTable Code = "unbound-table"
	// UnlinkedJoin: tables are joined, but not by an equality of their keys.
	UnlinkedJoin Code = "unlinked-join"
	// NestedMerge: a nested block has a clause whose answers would have to be merged before the rest can be computed.
	NestedMerge Code = "nested-merge"
	// RepeatedRows: rows that every shard has would be in the answer once for each shard.
	RepeatedRows Code = "repeated-rows"
	// SetOperation: EXCEPT or INTERSECT, or a UNION whose rows may repeat on other shards before it is used.
	SetOperation Code = "set-operation"
	// ChangingExpression: a common table expression changes rows.
	ChangingExpression Code = "changing-expression"
	// RecursiveExpression: a recursive common table expression has partitioned rows.
	RecursiveExpression Code = "recursive-expression"
	// Sample: TABLESAMPLE.
	Sample Code = "sample"
	// Into: SELECT INTO.
	Into Code = "into"
	// Lock: FOR UPDATE and its like.
	Lock Code = "lock"
	// Cursor: WHERE CURRENT OF.
	Cursor Code = "cursor"
	// SystemTable: a table that describes one database or connection, or a temporary one.
	SystemTable Code = "system-table"
	// SystemColumn: a column, or a type, whose values a database gives out by itself.
	SystemColumn Code = "system-column"
	// VolatileFunction: a function that gives another value each time decides about more than the value of an output.
	VolatileFunction Code = "volatile-function"
	// SessionFunction: a function that reads the clock, the session or the database.
	SessionFunction Code = "session-function"
	// UnknownFunction: a function or operator that isn't built in, so that nothing is known of it.
	UnknownFunction Code = "unknown-function"
	// KeyAssignment: a key column of a row that exists is assigned.
	KeyAssignment Code = "key-assignment"
	// LimitedChange: UPDATE or DELETE with ORDER BY or LIMIT.
	LimitedChange Code = "limited-change"
	// ConflictClause: an OR clause whose conflicts may be on other shards.
	ConflictClause Code = "conflict-clause"
	// InsertSource: rows are inserted whose shards aren't those that they are read from.
	InsertSource Code = "insert-source"
	// ReferenceChange: a reference table is changed, but not on every shard, or not to the same on each.
	ReferenceChange Code = "reference-change"
	// UnmergedValues: values came whose merge isn't known; it shows only then. The coordinator gives it.
	UnmergedValues Code = "unmerged-values"
	// TooComplex: there are more tables than are looked at.
	TooComplex Code = "too-complex"
)

// Reasons returns every code that this package gives a [Refusal].
func Reasons() []Code {
	return []Code{
		NotUnderstood, NotQuery, NoShardedTable, UndeclaredTable, UnboundTable, UnlinkedJoin, NestedMerge, RepeatedRows,
		SetOperation, ChangingExpression, RecursiveExpression, Sample, Into, Lock, Cursor, SystemTable, SystemColumn,
		VolatileFunction, SessionFunction, UnknownFunction, KeyAssignment, LimitedChange, ConflictClause, InsertSource, ReferenceChange,
		UnmergedValues, TooComplex,
	}
}
