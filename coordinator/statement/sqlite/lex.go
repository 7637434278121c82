package sqlite

import (
	"strings"

	"github.com/sqlc-dev/meyer/lexer"
	"github.com/sqlc-dev/meyer/token"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// Lex returns the tokens of a text with an end behind them. Every error is a [*tree.Error].
func Lex(text string) ([]tree.Token, error) {
	if len(text) > tree.MaxTextBytes {
		return nil, unsupported(tree.MaxTextBytes, "a text of %d bytes is longer than %d", len(text), tree.MaxTextBytes)
	}
	if at := strings.IndexByte(text, 0); at >= 0 {
		return nil, unsupported(at, "a NUL byte")
	}
	tokens := lexer.Lex(text)
	list := make([]tree.Token, len(tokens))
	for i, t := range tokens {
		written := t.Text(text)
		list[i] = tree.Token{Span: tree.Span{Start: t.Pos, End: t.End}, Kind: tree.OtherToken, Name: written}
		switch {
		case t.Kind == token.EOF:
			list[i].Kind = tree.EndToken
		case t.Kind == token.ILLEGAL:
			return nil, wrong(t.Pos, "a token that SQLite doesn't know")
		case t.Kind == token.STRING:
			list[i].Kind, list[i].Name = stringKind(written), Unquoted(written)
		case isQuote(written[0]):
			list[i].Kind, list[i].Name = tree.NameToken, fold(Unquoted(written))
		case isWordStart(written[0]) && t.Kind != token.BLOB:
			list[i].Kind, list[i].Name = tree.WordToken, fold(written)
		}
	}
	return list, nil
}

// stringKind tells a text from what else meyer may call a string.
func stringKind(written string) tree.TokenKind {
	if written[0] == '\'' {
		return tree.StringToken
	}
	return tree.NameToken
}

func isQuote(c byte) bool { return c == '"' || c == '`' || c == '[' }

func isWordStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}
