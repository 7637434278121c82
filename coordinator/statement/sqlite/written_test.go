package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
)

func TestUnquoted(t *testing.T) {
	for written, want := range map[string]string{
		`a`: `a`, `"a""b"`: `a"b`, "`a`": "a", "[a b]": "a b", `'it''s'`: "it's", ``: ``, `"`: `"`,
	} {
		require.Equal(t, want, sqlite.Unquoted(written))
	}
}
