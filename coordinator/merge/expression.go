package merge

// Expressions over a group that choose between values, or convert one.
type (
	// Coalesce is the first of Args that isn't NULL; those after it aren't evaluated. SQLite's ifnull() too.
	Coalesce struct {
		// Args are in the order of evaluation, at least one.
		Args []Expr
	}
	// NullIf is X, or NULL if it equals Y.
	NullIf struct {
		// X is the value, Y what it is compared with.
		X, Y Expr
	}
	// CaseWhen is the Result of the first arm whose condition is true, else Else; nil is NULL. Nothing else is evaluated.
	CaseWhen struct {
		Arms []Arm
		Else Expr
	}
	// In is X [NOT] IN (List). The members are constants, or arguments.
	In struct {
		X    Expr
		List []Expr
		Not  bool
	}
	// Convert is CAST(X AS Type).
	Convert struct {
		X    Expr
		Type Type
	}
	// Function is a function by its name: in PostgreSQL abs, ceil, floor, greatest, least, round, sign and trunc; in SQLite the
	// same without greatest and least, but with max and min of several arguments.
	Function struct {
		Name string
		Args []Expr
	}
)

// Arm is WHEN Cond THEN Result.
type Arm struct {
	// Cond is the condition under which the value is Result.
	Cond, Result Expr
}

// Type is a type that is converted to.
type Type struct {
	// Name is PostgreSQL's own name of it ("int8"), in SQLite the name as it is written, in lower case.
	Name string
	// Precision and Scale are the modifiers of PostgreSQL's numeric; a Precision of 0 is none.
	Precision, Scale int32
}

func (Coalesce) groupExpr() {}
func (NullIf) groupExpr()   {}
func (CaseWhen) groupExpr() {}
func (In) groupExpr()       {}
func (Convert) groupExpr()  {}
func (Function) groupExpr() {}

// parts returns the expressions directly in one of the types above. Among them may be nil.
func parts(e Expr) []Expr {
	switch e := e.(type) {
	case Coalesce:
		return e.Args
	case NullIf:
		return []Expr{e.X, e.Y}
	case CaseWhen:
		list := make([]Expr, 0, 2*len(e.Arms)+1)
		for _, arm := range e.Arms {
			list = append(list, arm.Cond, arm.Result)
		}
		return append(list, e.Else)
	case In:
		return append([]Expr{e.X}, e.List...)
	case Convert:
		return []Expr{e.X}
	case Function:
		return e.Args
	default:
		return nil
	}
}
