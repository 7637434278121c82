package grammar_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	pgquery "github.com/pganalyze/pg_query_go/v6"
	"github.com/wasilibs/go-pgquery/parser"
	"google.golang.org/protobuf/proto"
)

// errUnfit is a text that the real grammar isn't asked about, see unfit.
var errUnfit = errors.New("not for the real grammar")

// The real grammar runs in one instance of the module that everybody shares. A second one would take seconds to compile,
// and one that panicked stays broken.
var (
	realGrammar sync.Mutex
	realBroken  error
)

// readReal returns the real grammar's tree of text as it is encoded, see [decode].
func readReal(text string) (wire []byte, err error) {
	if unfit(text) {
		return nil, errUnfit
	}
	realGrammar.Lock()
	defer realGrammar.Unlock()
	if realBroken != nil {
		return nil, realBroken
	}
	defer func() {
		if p := recover(); p != nil {
			realBroken = fmt.Errorf("the real grammar broke: %v: %s", p, text)
			err = realBroken
		}
	}()
	return parser.ParseToProtobuf(text)
}

// unfit reports whether text could break the real grammar: it recurses for every operator in a chain and every
// parenthesis, and WebAssembly's stack is small.
func unfit(text string) bool {
	if len(text) > 1<<18 || strings.IndexByte(text, 0) >= 0 {
		return true
	}
	operators, depth, deepest := 0, 0, 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '(' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == ')' || c == ']':
			depth--
		case strings.IndexByte("+-*/<>=~!@#%^&|`?:.", c) >= 0:
			operators++
		}
	}
	for _, word := range []string{"and", "or", "not", "case", "collate", "is", "union", "join", "select", "at", "in"} {
		operators += strings.Count(strings.ToLower(text), word)
	}
	return deepest > 400 || operators > 4000 || operators > 800 && strings.Count(text, ",") < operators/4
}

// decode returns the only statement of an encoded tree, nil if it holds none or several.
func decode(wire []byte) (*pgquery.Node, error) {
	result := &pgquery.ParseResult{}
	if err := proto.Unmarshal(wire, result); err != nil {
		return nil, err
	}
	if len(result.Stmts) != 1 {
		return nil, nil
	}
	return result.Stmts[0].Stmt, nil
}

// statementOf is readReal and decode: it returns nil for what isn't exactly one statement.
func statementOf(text string) (*pgquery.Node, error) {
	wire, err := readReal(text)
	if err != nil {
		return nil, err
	}
	return decode(wire)
}
