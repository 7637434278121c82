package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// KeywordWords are the lines of keyword_words.go.
var KeywordWords = keywordWords

// Tokens returns where the tokens of a text are.
func Tokens(text string) []tree.Span {
	tokens, err := lex(text)
	if err != nil {
		return nil
	}
	var list []tree.Span
	for _, t := range tokens[:len(tokens)-1] {
		list = append(list, tree.Span{Start: int(t.start), End: int(t.end)})
	}
	return list
}
