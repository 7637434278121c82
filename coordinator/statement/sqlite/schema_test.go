package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
)

func TestCollations(t *testing.T) {
	for text, want := range map[string]map[string]string{
		`CREATE TABLE t (a, B TEXT COLLATE NoCase NOT NULL, "C d" text collate "RTRIM", e collate rtrim collate binary)`: {
			"a": "binary", "b": "nocase", "c d": "rtrim", "e": "binary",
		},
		`CREATE TABLE t (a INTEGER PRIMARY KEY, CHECK (a COLLATE nocase = 'x'))`: {"a": "binary"},
		`CREATE VIEW v AS SELECT 1 AS a`:                                         nil,
		`CREATE TABLE t AS SELECT 1 AS a`:                                        nil,
		`CREATE VIRTUAL TABLE t USING fts5(a)`:                                   nil,
		`not SQL`:                                                                nil,
		``:                                                                       nil,
	} {
		got, ok := sqlite.Collations(text)
		require.Equal(t, want, got, text)
		require.Equal(t, want != nil, ok, text)
	}
}
