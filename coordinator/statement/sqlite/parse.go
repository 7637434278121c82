package sqlite

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sqlc-dev/meyer/ast"
	"github.com/sqlc-dev/meyer/lexer"
	"github.com/sqlc-dev/meyer/parser"

	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Parse reads the one statement of text. Every error is a [*tree.Error]. It is safe for concurrent use, and takes time in
// proportion to the text's length.
func Parse(text string) (s *tree.Statement, err error) {
	if len(text) > tree.MaxTextBytes {
		return nil, unsupported(tree.MaxTextBytes, "a text of %d bytes is longer than %d", len(text), tree.MaxTextBytes)
	}
	// SQLite ends a text at a NUL byte, so what follows would be judged but not run.
	if at := strings.IndexByte(text, 0); at >= 0 {
		return nil, unsupported(at, "a NUL byte")
	}
	if err := withinBounds(text); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			s, err = nil, unsupported(0, "the parser failed: %s", messages.PanicText(r))
		}
	}()
	list, err := parser.ParseString(text)
	if err != nil {
		return nil, syntaxError(err)
	}
	if len(list) == 0 {
		return nil, wrong(len(text), "no statement")
	}
	if len(list) > 1 {
		return nil, wrong(list[1].Pos(), "%d statements in one text, not 1", len(list))
	}
	return convert(text, list[0])
}

func convert(text string, stmt ast.Stmt) (*tree.Statement, error) {
	s := &tree.Statement{Dialect: messages.SQLite, Text: text, Body: body(text, stmt)}
	c := converter{text: text}
	switch n := stmt.(type) {
	case *ast.SelectStmt:
		s.Kind, s.Name, s.Root = tree.Select, "SELECT", c.query(n, s.Body)
	case *ast.InsertStmt:
		s.Kind, s.Name, s.Root = tree.Insert, "INSERT", c.insert(n, s.Body)
	case *ast.UpdateStmt:
		s.Kind, s.Name, s.Root = tree.Update, "UPDATE", c.update(n, s.Body)
	case *ast.DeleteStmt:
		s.Kind, s.Name, s.Root = tree.Delete, "DELETE", c.delete(n, s.Body)
	default:
		s.Name, s.Scope = classify(stmt)
		c.otherParameters(stmt)
	}
	if c.err != nil {
		return nil, c.err
	}
	if s.Kind != tree.Other {
		s.Census = takeCensus(stmt)
	}
	s.Params = c.params
	return s, nil
}

// body returns where stmt is without the semicolon, to which meyer extends it, and without what stands before that.
func body(text string, stmt ast.Stmt) tree.Span {
	span := tree.Span{Start: stmt.Pos(), End: stmt.End()}
	// No other token ends in a semicolon.
	if text[span.End-1] != ';' {
		return span
	}
	tokens := lexer.Lex(text[span.Start : span.End-1])
	// The last one is the end of the text, and a statement has at least one more.
	span.End = span.Start + tokens[len(tokens)-2].End
	return span
}

// maxDetail is how many bytes of meyer's message are kept. It quotes tokens, which may be as long as the text.
const maxDetail = 200

func syntaxError(err error) *tree.Error {
	var e *parser.Error
	if !errors.As(err, &e) {
		return unsupported(0, "%s", err)
	}
	detail := e.Message
	if len(detail) > maxDetail {
		detail = strings.ToValidUTF8(detail[:maxDetail], "") + "…"
	}
	return wrong(max(e.Offset, 0), "%s", detail)
}

func wrong(at int, format string, args ...any) *tree.Error {
	return &tree.Error{Offset: at, Detail: fmt.Sprintf(format, args...)}
}

func unsupported(at int, format string, args ...any) *tree.Error {
	return &tree.Error{Offset: at, Detail: fmt.Sprintf(format, args...), Unsupported: true}
}
