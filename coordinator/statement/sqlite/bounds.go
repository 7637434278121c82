package sqlite

import (
	"github.com/sqlc-dev/meyer/lexer"
	"github.com/sqlc-dev/meyer/token"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

const (
	// maxTokens bounds the time that a text of [tree.MaxTextBytes] takes: as many tokens take some 50 ms. An INSERT of that
	// length has rather fewer.
	maxTokens = 1 << 18
	// shortText is the length in bytes up to which a text is within the bounds that withinBounds checks. Meyer's recursion
	// ends at 10,000 levels, with an error that can't be told from a wrong text's. It opens one level for a byte at the most,
	// so a short text can't get there; and at most nine for what nesting counts as one: as many as the grammar has binary
	// operators of different strength, and one.
	shortText = 9000
)

// withinBounds returns an error if text has too many tokens, or certainly nests deeper than [tree.MaxDepth]. It looks at
// what makes meyer's recursion deep: brackets, CASE, prefix operators, and NOT and BETWEEN, to the right of which others can
// stand. Chains of other operators don't; the converter counts them.
func withinBounds(text string) *tree.Error {
	if len(text) < shortText {
		return nil
	}
	tokens := lexer.Lex(text)
	if len(tokens) > maxTokens {
		return unsupported(tokens[maxTokens].Pos, "more than %d tokens", maxTokens)
	}
	var n nesting
	before := token.EOF
	for _, t := range tokens {
		n.token(t.Kind, before)
		if n.depth+n.prefixes+n.infixes > tree.MaxDepth {
			return tooDeep(t.Pos)
		}
		before = t.Kind
	}
	return nil
}

func tooDeep(at int) *tree.Error { return unsupported(at, "nests more than %d deep", tree.MaxDepth) }

// nesting is how deep a place in a text is.
type nesting struct {
	open  []bracket
	depth int // of the innermost bracket
	// prefixes are those since the last operand, infixes the NOTs and BETWEENs since the last comma, AND or OR: within the
	// innermost bracket.
	prefixes, infixes int
}

type bracket struct {
	word                     bool // CASE
	depth, prefixes, infixes int  // around it
}

func (n *nesting) token(kind, before token.Kind) {
	switch kind {
	case token.LP, token.CASE:
		n.open = append(n.open, bracket{kind == token.CASE, n.depth, n.prefixes, n.infixes})
		n.depth, n.prefixes, n.infixes = n.depth+n.prefixes+n.infixes+1, 0, 0
	case token.RP, token.END:
		n.close(kind == token.END)
	case token.SELECT, token.VALUES:
		if before == token.LP {
			n.depth++
		}
	case token.NOT, token.BETWEEN:
		n.infixes++
	case token.BITNOT:
		n.prefixes++
	case token.PLUS, token.MINUS:
		if !endsOperand(before) {
			n.prefixes++
		}
	case token.COMMA, token.AND, token.OR, token.SEMI:
		n.prefixes, n.infixes = 0, 0
	default:
		if endsOperand(kind) {
			n.prefixes = 0
		}
	}
}

func (n *nesting) close(word bool) {
	last := len(n.open) - 1
	// END is a name, too.
	if last < 0 || n.open[last].word != word {
		return
	}
	n.depth, n.prefixes, n.infixes = n.open[last].depth, 0, n.open[last].infixes
	n.open = n.open[:last]
}

// endsOperand reports whether a plus after a token of that kind is a sum's.
func endsOperand(kind token.Kind) bool {
	switch kind {
	case token.RP, token.END, token.STRING, token.INTEGER, token.FLOAT, token.QNUMBER, token.BLOB, token.VARIABLE,
		token.NULL, token.CTIME_KW:
		return true
	default:
		return token.IsName(kind)
	}
}
