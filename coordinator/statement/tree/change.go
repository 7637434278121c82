package tree

type (
	// InsertStmt is INSERT or SQLite's REPLACE.
	InsertStmt struct {
		Span
		With   *With
		Target *Table
		// Or is the word after OR of SQLite's INSERT OR …, in capitals; "REPLACE" for REPLACE.
		Or      string
		Columns []Ident
		// Overriding is OVERRIDING SYSTEM|USER VALUE.
		Overriding bool
		// Rows are the rows of VALUES; else Query is the source, and without both it is DEFAULT VALUES.
		Rows     []*ValuesRow
		RowsSpan Span // from the first row to the last
		Query    *Query
		Upserts  []*Upsert // ON CONFLICT; SQLite allows several
		// Returning is empty without RETURNING.
		Returning []*Target
	}

	// Upsert is an ON CONFLICT clause.
	Upsert struct {
		Span
		// Target are the columns or expressions, TargetWhere the condition of a partial index, Constraint the name after ON
		// CONSTRAINT.
		Target      []Expr
		TargetWhere Expr
		Constraint  *Ident
		DoNothing   bool
		Set         []*Assignment
		Where       Expr
	}

	// UpdateStmt is UPDATE.
	UpdateStmt struct {
		Span
		With      *With
		Or        string // see InsertStmt
		Target    *Table
		Set       []*Assignment
		From      []FromItem
		Where     Expr
		Cursor    bool // WHERE CURRENT OF
		Returning []*Target
		OrderBy   []*Order
		Limit     Expr
	}

	// DeleteStmt is DELETE.
	DeleteStmt struct {
		Span
		With      *With
		Target    *Table
		Using     []FromItem
		Where     Expr
		Cursor    bool
		Returning []*Target
		OrderBy   []*Order
		Limit     Expr
	}

	// Assignment is column = value, or (columns) = value, where the value is a *Row or a *Subquery.
	Assignment struct {
		Span
		Columns []Ident
		Value   Expr
		// Part says that only a part of the column is assigned, a field or an element; Children are the subscripts.
		Part     bool
		Children []Expr
	}
)
