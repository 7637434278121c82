package grammar_test

import (
	"strings"
	"testing"

	pg "github.com/pganalyze/pg_query_go/v6"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

const prefix = "p_"

// rename returns the text with another name for each table that is referred to by name. Where a table has no alias, the
// old name becomes it, so that what refers to its columns stays as it is.
func rename(s *tree.Statement) (text string, tables int) {
	var list []*tree.Table
	tree.Walk(s.Root, func(n tree.Node) bool {
		if table, ok := n.(*tree.Table); ok {
			list = append(list, table)
		}
		return true
	})
	var b strings.Builder
	next := 0
	for _, table := range list {
		b.WriteString(s.Text[next:table.NameSpan.Start])
		if table.Schema != nil {
			b.WriteString(quote(table.Schema.Name) + ".")
		}
		b.WriteString(quote(prefix + table.Name.Name))
		next = table.NameSpan.End
		if table.Alias == nil {
			b.WriteString(s.Text[next:aliasPlace(s.Text, table)])
			next = aliasPlace(s.Text, table)
			b.WriteString(" AS " + quote(table.Name.Name) + " ")
		}
	}
	b.WriteString(s.Text[next:])
	return b.String(), len(list)
}

// aliasPlace is where an alias goes: after ONLY (t) and t *, before TABLESAMPLE.
func aliasPlace(text string, table *tree.Table) int {
	if table.Sample {
		return table.NameSpan.End + strings.Index(strings.ToUpper(text[table.NameSpan.End:]), "TABLESAMPLE")
	}
	return table.End
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// renameReal does the same to a real tree.
func renameReal(n *pg.Node) {
	walkReal(n, func(m proto.Message) bool {
		switch m := m.(type) {
		case *pg.IntoClause, *pg.LockingClause:
			return false
		case *pg.RangeVar:
			if m.Alias == nil {
				m.Alias = &pg.Alias{Aliasname: m.Relname}
			}
			m.Relname = prefix + m.Relname
			m.Catalogname = ""
		}
		return true
	})
}

// With tables renamed in the text, the real tree is the one with tables renamed in it: the spans of names are right, and
// none is missing.
func TestSplice(t *testing.T) {
	statements, edits := 0, 0
	for _, s := range parsedCorpus(t) {
		text, tables := rename(s.Statement)
		if tables == 0 || hasShorthand(s.Statement) {
			continue
		}
		want := s.tree(t)
		renameReal(want)
		got, err := statementOf(text)
		if !assertParses(t, s.text, text, got, err) {
			continue
		}
		statements, edits = statements+1, edits+tables
		if got, want := dump(got), dump(want); got != want {
			got, want = difference(got, want)
			t.Errorf("%s\nbecame %s\n got: %s\nwant: %s", s.text, text, got, want)
		}
	}
	t.Logf("%d tables of %d statements renamed", edits, statements)
	require.Greater(t, statements, 5000)
}

func assertParses(t *testing.T, before, after string, n *pg.Node, err error) bool {
	if err != nil || n == nil {
		t.Errorf("%s\nbecame %s: %v", before, after, err)
		return false
	}
	return true
}

// hasShorthand reports whether a statement has a TABLE t, which takes no alias.
func hasShorthand(s *tree.Statement) bool {
	found := false
	tree.Walk(s.Root, func(n tree.Node) bool {
		block, ok := n.(*tree.Block)
		found = found || ok && block.TableCommand
		return !found
	})
	return found
}
