package tree

// Query is a SELECT statement or subquery with all that belongs to it. Its Span has no parentheses around it.
type Query struct {
	Span
	With *With
	// Body is a *Block, a *Values, a *SetOp, or a *Query in parentheses.
	Body    Node
	OrderBy []*Order
	// Limit is nil without one; LIMIT ALL is a Literal NULL. FETCH FIRST n ROWS is a Limit as well, and without an n it is
	// a Literal 1 of an empty Span.
	Limit, Offset Expr
	WithTies      bool
	// LimitSpan and OffsetSpan cover the clauses with their keywords. In SQLite's LIMIT a, b both cover the whole clause.
	LimitSpan, OffsetSpan Span
	Locks                 []*Lock
	// OrderSpan covers ORDER BY with its keywords.
	OrderSpan Span
}

// Lock is FOR UPDATE and its like.
type Lock struct {
	Span
}

// With is a WITH clause.
type With struct {
	Span
	Recursive bool
	Tables    []*CommonTable
}

// CommonTable is one common table expression.
type CommonTable struct {
	Span
	Name    Ident
	Columns []Ident
	// Body is a *Query, *InsertStmt, *UpdateStmt or *DeleteStmt.
	Body Node
	// Extras says that it has a SEARCH or CYCLE clause.
	Extras bool
}

// SetOp is UNION, INTERSECT or EXCEPT. Left and Right are a *Block, *Values, *SetOp, or a *Query in parentheses.
type SetOp struct {
	Span
	Op          string // "UNION", "INTERSECT", "EXCEPT"
	All         bool
	Left, Right Node
}

// Values is a VALUES list.
type Values struct {
	Span
	Rows []*ValuesRow
}

// ValuesRow is one row of a VALUES list. Its Span has the parentheses.
type ValuesRow struct {
	Span
	Items []Expr
}

// Block is one SELECT … FROM … WHERE …, or PostgreSQL's TABLE t, which is SELECT * FROM t.
type Block struct {
	Span
	TableCommand bool // written as TABLE t
	Distinct     bool // DISTINCT, and also DISTINCT ON
	DistinctOn   []Expr
	Into         bool // SELECT INTO
	// Targets is empty for PostgreSQL's SELECT without a target list. TargetsSpan covers all of them; if there is none it is
	// empty and lies where they would.
	Targets     []*Target
	TargetsSpan Span
	From        []FromItem // separated by commas
	Where       Expr
	GroupBy     []Expr
	// GroupingSets says that GROUP BY has ROLLUP, CUBE or GROUPING SETS (which are Opaque in GroupBy). GroupDistinct is
	// GROUP BY DISTINCT, GroupAll is GROUP BY ALL.
	GroupingSets, GroupDistinct bool
	Having                      Expr
	Windows                     []*NamedWindow
}

// Target is one output column, also of RETURNING.
type Target struct {
	Span
	X     Expr
	Alias *Ident
}

// Order is one key of an ORDER BY.
type Order struct {
	Span
	X    Expr
	Desc bool
	// Using is the operator of USING, for instance ">".
	Using string
	// Nulls is 0 without NULLS FIRST (NullsFirst) or NULLS LAST (NullsLast).
	Nulls Nulls
}

// Nulls says where an [Order] has NULLs.
type Nulls uint8

// The places of NULLs.
const (
	NullsDefault Nulls = iota
	NullsFirst
	NullsLast
)

// NamedWindow is a definition in a WINDOW clause.
type NamedWindow struct {
	Span
	Name   Ident
	Window *Window
}

// Window is a window's specification, or a reference to a named one.
type Window struct {
	Span
	// Name is that of the window that is referred to or extended; nil if there is none.
	Name        *Ident
	PartitionBy []Expr
	OrderBy     []*Order
	// Frame are the expressions in the frame clause.
	Frame []Expr
}

// FromItem is an item of a FROM.
type FromItem interface {
	Node
	fromItem()
}

// Alias is an alias with its columns.
type Alias struct {
	Span
	Name    Ident
	Columns []Ident
	// Typed says that the columns have types: a column definition list.
	Typed bool
}

type (
	// Table is a reference to a relation by name: a table, a view, or a common table expression. It is also the target of an
	// INSERT, UPDATE or DELETE, and then never a common table expression. Its Span has the alias.
	Table struct {
		Span
		Schema *Ident // with a catalogue before it, it is the schema that counts
		Name   Ident
		// NameSpan covers the name with its schema; RelationSpan also ONLY, a star and parentheses, if there are any: the alias
		// comes next, or would.
		NameSpan, RelationSpan Span
		Alias                  *Alias
		Only                   bool // ONLY t; "t *" is just t
		// Sample says that there is a TABLESAMPLE, whose arguments are Sampled; Indexed that there is INDEXED BY or NOT INDEXED.
		Sample  bool
		Sampled []Expr
		Indexed bool
		// IndexName is the index of INDEXED BY.
		IndexName *Ident
	}

	// Derived is a subquery in FROM.
	Derived struct {
		Span
		Lateral bool
		Query   *Query
		Alias   *Alias
	}

	// TableFunction is a function in FROM, or ROWS FROM, or anything else in FROM that has expressions only.
	TableFunction struct {
		Span
		Lateral bool
		Calls   []Expr
		Alias   *Alias
	}

	// Join is L join R. A comma between items isn't a join in PostgreSQL, where it binds weaker; in SQLite it is as strong as
	// the other joins, and a comma that follows a join is a Join with Kind Cross.
	Join struct {
		Span
		Kind    JoinKind
		Natural bool
		L, R    FromItem
		On      Expr
		Using   []Ident
		// UsingAlias is the alias of USING (…) AS a.
		UsingAlias *Alias
		// Alias is that of a join in parentheses.
		Alias *Alias
	}
)

// JoinKind is the kind of a [Join].
type JoinKind uint8

// The kinds of joins.
const (
	Inner JoinKind = iota
	Cross
	Left
	Right
	Full
)

func (*Table) fromItem()         {}
func (*Derived) fromItem()       {}
func (*TableFunction) fromItem() {}
func (*Join) fromItem()          {}
