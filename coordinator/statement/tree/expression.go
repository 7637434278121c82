package tree

// Expr is an expression.
type Expr interface {
	Node
	expr()
}

type (
	// Column is a column by name. Qualifier are the names before it: schema and table, the innermost last.
	Column struct {
		Span
		Qualifier []Ident
		Name      Ident
	}

	// Star is * or t.*, in a target list, RETURNING, or as a whole-row reference.
	Star struct {
		Span
		Qualifier []Ident
	}

	// Literal is a constant. Value is nil, bool, int64, string or []byte; a [Number] for all numbers that aren't an int64.
	// CURRENT_TIMESTAMP and its like are a *Call without arguments.
	Literal struct {
		Span
		Value any
	}

	// Param is a parameter. Ordinal counts from 1 and is the place of its argument; a named one of SQLite has Name, as it is
	// written (":x", "@x", "$x"), as well as the ordinal that SQLite gives it. PostgreSQL's and SQLite's $1 has no Name.
	Param struct {
		Span
		Ordinal int
		Name    string
	}

	// Paren is an expression in parentheses.
	Paren struct {
		Span
		X Expr
	}

	// Unary is a prefix operator, NOT among them, or a postfix one. Op is in capitals. ISNULL and NOTNULL are an [Is].
	Unary struct {
		Span
		Op      string
		Postfix bool
		X       Expr
	}

	// Binary is an infix operator. Op is in capitals, and "=" and "<>" are also SQLite's "==" and both dialects' "!=".
	// Qualified says that it was written as OPERATOR(schema.op), whatever that means then. AND and OR are a [Logic].
	Binary struct {
		Span
		Op        string
		Qualified bool
		L, R      Expr
	}

	// Logic is a chain of ANDs or of ORs, at least two arguments.
	Logic struct {
		Span
		Or   bool
		Args []Expr
	}

	// Is is X IS [NOT] something; ISNULL and NOTNULL too.
	Is struct {
		Span
		X    Expr
		Not  bool
		Test IsTest
		// Y is what IsDistinct compares with. SQLite's X IS Y is X IS NOT DISTINCT FROM Y, an IsDistinct with Not; its X IS
		// NOT Y is one without.
		Y Expr
	}

	// In is X [NOT] IN (List), (Query) or, in SQLite, a table's name.
	In struct {
		Span
		X     Expr
		Not   bool
		List  []Expr // may be empty in SQLite
		Query *Query
		Table *Table
	}

	// Quantified is X op ANY/SOME/ALL (array or Query). LIKE ANY and its like are Opaque.
	Quantified struct {
		Span
		X         Expr
		Op        string
		Qualified bool
		All       bool
		Array     Expr
		Query     *Query
	}

	// Between is X [NOT] BETWEEN Lo AND Hi.
	Between struct {
		Span
		X, Lo, Hi Expr
		Not       bool
		Symmetric bool
	}

	// Like is X [NOT] LIKE/ILIKE/SIMILAR TO/GLOB/REGEXP/MATCH Pattern. Op is in capitals, without NOT.
	Like struct {
		Span
		X, Pattern, Escape Expr
		Op                 string
		Not                bool
	}

	// Case is CASE. Operand and Else may be nil.
	Case struct {
		Span
		Operand Expr
		Whens   []*When
		Else    Expr
	}

	// Cast is CAST(X AS type), X::type, or type 'text' (X is the Literal then).
	Cast struct {
		Span
		X    Expr
		Type TypeName
	}

	// Collate is X COLLATE name.
	Collate struct {
		Span
		X    Expr
		Name []Ident
	}

	// Call is a function or aggregate, also those with a grammar of their own: COALESCE, EXTRACT, CURRENT_DATE, …, whose Name
	// is one unquoted Ident in lower case.
	Call struct {
		Span
		Name     []Ident
		Args     []Expr
		Star     bool // count(*)
		Distinct bool
		// Plain says that the call is written name(arg, …) with nothing that Args, Star and Distinct don't tell: no argument
		// names, no VARIADIC, no grammar of its own.
		Plain       bool
		OrderBy     []*Order // inside the parentheses
		WithinGroup []*Order
		Filter      Expr // of FILTER (WHERE …)
		Over        *Window
	}

	// Row is (a, b, …) with two values or more, or ROW(…).
	Row struct {
		Span
		Items []Expr
	}

	// Array is ARRAY[…] or, with Query, ARRAY(SELECT …).
	Array struct {
		Span
		Items []Expr
		Query *Query
	}

	// Subquery is a scalar subquery.
	Subquery struct {
		Span
		Query *Query
	}

	// Exists is EXISTS (…). NOT EXISTS is a Unary around it.
	Exists struct {
		Span
		Query *Query
	}

	// Default is DEFAULT in a VALUES list or as an assigned value.
	Default struct{ Span }

	// Opaque is everything else: subscripts, field selection, SQL/JSON, RAISE, …. Children are all of its expressions and
	// queries in the order of the text.
	Opaque struct {
		Span
		What     string // for messages: "subscript"
		Children []Node
	}
)

// Number is a numeric constant that isn't an int64, as it is written.
type Number string

// IsTest is what [Is] tests.
type IsTest uint8

// The tests.
const (
	IsNull IsTest = iota
	IsTrue
	IsFalse
	IsUnknown
	IsDistinct // FROM Y
	IsOther    // IS DOCUMENT, IS NORMALIZED, IS JSON, …
)

// When is an arm of a [Case].
type When struct {
	Span
	Cond, Result Expr
}

// TypeName is a type as it is written.
type TypeName struct {
	Span
	// Name is the type without schema, modifiers and array bounds, in lower case, words separated by one blank: "int4",
	// "double precision". PostgreSQL's aliases stay as they are.
	Name string
	// Qualified says that it has a schema, Modified that it has modifiers ("numeric(10, 2)", "interval day").
	Qualified, Modified bool
	// Dimensions is how many array bounds it has.
	Dimensions int
}

func (*Column) expr()     {}
func (*Star) expr()       {}
func (*Literal) expr()    {}
func (*Param) expr()      {}
func (*Paren) expr()      {}
func (*Unary) expr()      {}
func (*Binary) expr()     {}
func (*Logic) expr()      {}
func (*Is) expr()         {}
func (*In) expr()         {}
func (*Quantified) expr() {}
func (*Between) expr()    {}
func (*Like) expr()       {}
func (*Case) expr()       {}
func (*Cast) expr()       {}
func (*Collate) expr()    {}
func (*Call) expr()       {}
func (*Row) expr()        {}
func (*Array) expr()      {}
func (*Subquery) expr()   {}
func (*Exists) expr()     {}
func (*Default) expr()    {}
func (*Opaque) expr()     {}

// Bare returns e without the parentheses around it.
func Bare(e Expr) Expr {
	for {
		p, ok := e.(*Paren)
		if !ok {
			return e
		}
		e = p.X
	}
}
