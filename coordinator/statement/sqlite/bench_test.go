package sqlite_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

func BenchmarkPointSelect(b *testing.B) {
	const text = "select id, name, email from users where id = $1"
	b.ReportAllocs()
	var s *tree.Statement
	for b.Loop() {
		var err error
		s, err = sqlite.Parse(text)
		require.NoError(b, err)
	}
	require.Equal(b, tree.Census{Tables: 1, Blocks: 1}, s.Census)
	require.Len(b, s.Params, 1)
}

func BenchmarkInsertRows(b *testing.B) {
	text := insertRows(1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var s *tree.Statement
	for b.Loop() {
		var err error
		s, err = sqlite.Parse(text)
		require.NoError(b, err)
	}
	require.Len(b, s.Root.(*tree.InsertStmt).Rows, 1000)
	require.Len(b, s.Params, 4000)
}

// insertRows returns an INSERT of n rows of four parameters.
func insertRows(n int) string {
	var sql strings.Builder
	sql.WriteString("insert into users (id, name, email, age) values ")
	for i := range n {
		if i > 0 {
			sql.WriteString(", ")
		}
		sql.WriteString("(")
		for j := range 4 {
			if j > 0 {
				sql.WriteString(", ")
			}
			sql.WriteString("$" + strconv.Itoa(4*i+j+1))
		}
		sql.WriteString(")")
	}
	return sql.String()
}
