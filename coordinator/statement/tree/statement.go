package tree

import "github.com/troupedb/troupe/messages"

// Statement is one parsed statement.
type Statement struct {
	Dialect messages.Dialect
	// Text is the whole text as it was given.
	Text string
	// Kind says which type Root has.
	Kind Kind
	// Name are the words that the statement is known by, in capitals: "SELECT", "CREATE TABLE", "BEGIN".
	Name string
	// Root is a *Query, *InsertStmt, *UpdateStmt or *DeleteStmt; nil if Kind is Other.
	Root Node
	// Body is the statement in Text, without a semicolon, white space and comments around it.
	Body Span
	// Params are the parameters in the order of the text.
	Params []*Param
	// Census is counted independently of the tree's shape: who walks the tree by its meaning must come to the same.
	Census Census
	// Scope says what a statement whose Kind is Other acts on.
	Scope Scope
}

// Kind is what kind of statement a text is. A WITH clause and parentheses are looked through; EXPLAIN isn't.
type Kind uint8

// The kinds.
const (
	// Other is everything that isn't parsed, but classified by its leading words: DDL, PRAGMA, BEGIN, EXPLAIN, MERGE, COPY, ….
	Other Kind = iota
	// Select is SELECT, VALUES or TABLE.
	Select
	// Insert is INSERT or REPLACE.
	Insert
	// Update is UPDATE.
	Update
	// Delete is DELETE.
	Delete
)

// String returns the kind in capitals.
func (k Kind) String() string {
	return [...]string{"OTHER", "SELECT", "INSERT", "UPDATE", "DELETE"}[k]
}

// Scope says what a statement acts on that isn't parsed.
type Scope uint8

// The scopes.
const (
	// Session is a connection, a transaction, or anything that isn't known to be one of the others.
	Session Scope = iota
	// Schema is the database's schema or upkeep: CREATE, ALTER, DROP, TRUNCATE, VACUUM, ANALYZE, GRANT, COMMENT, ….
	Schema
)

// Census is a count of what a text holds, see Statement.Census.
type Census struct {
	// Tables are references to relations by name, common table expressions among them: in a FROM, as a target, after IN.
	Tables int
	// Blocks are SELECTs, VALUES lists and TABLE commands.
	Blocks int
}

// Span are the bytes of a text from Start to before End.
type Span struct {
	// Start is the first byte, End the one after the last.
	Start, End int
}

// Extent returns s. Nodes embed Span, and are a [Node] by this.
func (s Span) Extent() Span { return s }

// Of returns the bytes of text that s covers.
func (s Span) Of(text string) string { return text[s.Start:s.End] }

// Contains reports whether o lies within s.
func (s Span) Contains(o Span) bool { return s.Start <= o.Start && o.End <= s.End }

// Node is a part of a tree.
type Node interface {
	// Extent returns the bytes that the node covers.
	Extent() Span
}

// Ident is a name as the dialect understands it.
type Ident struct {
	Span
	// Name is folded as the dialect folds it: PostgreSQL's unquoted names and all of SQLite's are in lower case (of ASCII).
	Name string
	// Quoted says that it was quoted. SQLite takes a name in double quotes for a text if there is no such column.
	Quoted bool
}
