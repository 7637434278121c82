package postgresql

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Parse reads a text that holds one statement. An error is a [*tree.Error]. The time is linear in the length of the text. The
// statement is immutable and refers to text; Parse may be called concurrently.
func Parse(text string) (*tree.Statement, error) {
	if err := guard(text); err != nil {
		return nil, err
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := parser{text: text, tokens: withoutSemicolons(tokens)}
	s := &tree.Statement{Dialect: messages.PostgreSQL, Text: text}
	if p.read(s); p.err != nil {
		return nil, p.err
	}
	return s, nil
}

// guard refuses what isn't worth reading.
func guard(text string) error {
	if len(text) > tree.MaxTextBytes {
		return &tree.Error{
			Offset: tree.MaxTextBytes, Unsupported: true,
			Detail: fmt.Sprintf("the text is longer than %d bytes", tree.MaxTextBytes),
		}
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		return &tree.Error{Offset: i, Detail: "a NUL byte"}
	}
	if !utf8.ValidString(text) {
		return &tree.Error{Offset: invalidUTF8(text), Detail: "bytes that aren't UTF-8"}
	}
	return nil
}

// invalidUTF8 returns where a text stops to be UTF-8.
func invalidUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return len(text)
}

// withoutSemicolons returns tokens without the semicolons around them.
func withoutSemicolons(tokens []token) []token {
	for tokens[0].kind == ';' {
		tokens = tokens[1:]
	}
	last := len(tokens) - 1
	end := tokens[last]
	for last > 0 && tokens[last-1].kind == ';' {
		last--
	}
	tokens[last] = end
	return tokens[:last+1]
}

// read reads the statement that the tokens are.
func (p *parser) read(s *tree.Statement) {
	if p.kind() == endToken {
		p.fail("there is no statement")
		return
	}
	last := p.tokens[max(len(p.tokens)-2, 0)]
	s.Body = tree.Span{Start: p.start(), End: int(last.end)}
	start := p.start()
	with := p.optionalWith()
	switch p.word() {
	case "select", "values", "table", "insert", "update", "delete":
	default:
		// With a WITH clause before it, a MERGE is one as well.
		if p.kind() != '(' && (with == nil || p.word() == "merge") {
			p.classify(s)
			return
		}
	}
	s.Root = p.statementAfter(start, with)
	switch {
	case p.kind() == ';':
		p.fail("a second statement")
	case p.kind() != endToken:
		p.unexpected()
	}
	s.Kind = kindOf(s.Root)
	s.Name = s.Kind.String()
	s.Params = p.params
	s.Census = p.census
}

func kindOf(root tree.Node) tree.Kind {
	switch root.(type) {
	case *tree.InsertStmt:
		return tree.Insert
	case *tree.UpdateStmt:
		return tree.Update
	case *tree.DeleteStmt:
		return tree.Delete
	}
	return tree.Select
}
