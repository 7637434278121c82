package statement

import "fmt"

// tokenKind is the kind of a token of a PostgreSQL text.
type tokenKind uint8

const (
	// wordToken is a keyword or an unquoted name.
	wordToken tokenKind = iota
	// nameToken is a quoted name.
	nameToken
	stringToken
	numberToken
	parameterToken
	// symbolToken is a single byte: an operator's, a bracket, a comma, ….
	symbolToken
)

// token is a piece of a PostgreSQL text, from start to before end.
type token struct {
	kind       tokenKind
	start, end int
	// word is a wordToken's text in lower case.
	word string
}

// malformed is an error in a text that keeps it from being split into tokens.
func malformed(what string, at int) error {
	return invalid(fmt.Sprintf("not understood as PostgreSQL: %s at byte %d", what, at), nil)
}
