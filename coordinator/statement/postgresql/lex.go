package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// Lex returns the tokens of a text, as the server folds and shortens their names, with an end behind them. A name of Unicode escapes is one
// with its UESCAPE. An error is a [*tree.Error].
func Lex(text string) ([]tree.Token, error) {
	if err := guard(text); err != nil {
		return nil, err
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := parser{text: text, tokens: tokens}
	list := make([]tree.Token, 0, len(tokens))
	for {
		t := p.token()
		n := tree.Token{Span: tree.Span{Start: int(t.start), End: int(t.end)}, Kind: tree.OtherToken}
		n.Name = n.Of(text)
		p.advance()
		switch {
		case t.kind == endToken:
			n.Kind = tree.EndToken
			return append(list, n), nil
		case t.kind == wordToken:
			n.Kind, n.Name = tree.WordToken, p.ident(t).Name
		case t.kind == nameToken, t.kind == escapedNameToken:
			id := p.ident(t)
			n.Kind, n.Name, n.End = tree.NameToken, id.Name, id.End
		case t.isString():
			n.Kind = tree.StringToken
		}
		if p.err != nil {
			return nil, p.err
		}
		list = append(list, n)
	}
}
