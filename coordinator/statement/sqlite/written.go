package sqlite

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// WrittenName returns what SQLite calls the column of an expression that has no alias and is no column: its text up to the next token,
// comments and all. Span is the expression's.
func WrittenName(text string, span tree.Span) string {
	return strings.TrimRight(text[span.Start:NextToken(text, span.End)], " \t\n\v\f\r")
}

// NextToken returns where the first token begins that doesn't begin before at, or the end of the text; at is no place within a token.
func NextToken(text string, at int) int {
	c := converter{text: text}
	return c.token(at)
}

// Unquoted returns a name as it is written, without its quotes.
func Unquoted(written string) string {
	if len(written) < 2 {
		return written
	}
	inner := written[1 : len(written)-1]
	switch q := written[0]; q {
	case '"', '\'', '`':
		return strings.ReplaceAll(inner, string([]byte{q, q}), string(q))
	case '[':
		return inner
	}
	return written
}
