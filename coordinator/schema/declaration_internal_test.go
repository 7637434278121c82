package schema

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTextsThatCannotBeRead: they are compared as they are.
func TestTextsThatCannotBeRead(t *testing.T) {
	says := declares("CREATE TABLE t (a ! ,\n b (1))")
	require.Equal(t, []string{"declared as (a ! , b (1))"}, says.options())
	require.Empty(t, says.collation("a"))
	require.Equal(t, "generated", says.generated("a"))
	for _, says := range []*declaration{nil, declares("CREATE TABLE t (a, b COLLATE binary)")} {
		require.Empty(t, says.options())
		require.Empty(t, says.collation("b"))
		require.Equal(t, "generated", says.generated("a"))
	}
}
