package sqlite_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
)

func TestDeclared(t *testing.T) {
	for text, want := range map[string]*sqlite.Declaration{
		`CREATE TABLE t (a, "B b" TEXT COLLATE NoCase NOT NULL ON CONFLICT FAIL, c UNIQUE ON CONFLICT ABORT)`: {
			Columns: []sqlite.DeclaredColumn{{Name: "a", Collation: "binary"}, {Name: "B b", Collation: "nocase"}, {Name: "c", Collation: "binary"}},
			Options: []string{"not null (b b) on conflict fail"},
		},
		`CREATE TABLE t (a INTEGER PRIMARY KEY ON CONFLICT REPLACE AUTOINCREMENT, b UNIQUE ON CONFLICT IGNORE)`: {
			Columns: []sqlite.DeclaredColumn{{Name: "a", Collation: "binary"}, {Name: "b", Collation: "binary"}},
			Options: []string{"autoincrement", "primary key on conflict replace", "unique (b) on conflict ignore"},
		},
		`CREATE TABLE t (a INTEGER, b, PRIMARY KEY (a AUTOINCREMENT) ON CONFLICT ROLLBACK, UNIQUE ("B" COLLATE nocase DESC, a) ON CONFLICT IGNORE)`: {
			Columns: []sqlite.DeclaredColumn{{Name: "a", Collation: "binary"}, {Name: "b", Collation: "binary"}},
			Options: []string{"autoincrement", "primary key on conflict rollback", "unique (b collate nocase desc, a) on conflict ignore"},
		},
		"CREATE TABLE t (a, b AS ( a\n +  1 ) STORED, c GENERATED ALWAYS AS (a))": {Columns: []sqlite.DeclaredColumn{
			{Name: "a", Collation: "binary"}, {Name: "b", Collation: "binary", Generated: "a + 1"}, {Name: "c", Collation: "binary", Generated: "a"},
		}},
		`CREATE VIRTUAL TABLE t USING fts5(a)`: nil,
		`CREATE VIEW v AS SELECT 1 AS a`:       nil,
		`not SQL`:                              nil,
		`CREATE TABLE t (a CHECK (` + strings.Repeat("(", 9000) + "1" + strings.Repeat(")", 9000) + "))": nil,
	} {
		got, ok := sqlite.Declared(text)
		require.Equal(t, want != nil, ok, "%.100s", text)
		require.Equal(t, want, got, "%.100s", text)
	}
}
