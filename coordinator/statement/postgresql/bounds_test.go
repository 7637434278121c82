package postgresql_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// TestLongTextsTakeLinearTime: each takes some 20 ms. What is quadratic takes minutes, so that the limit can be a wide one.
func TestLongTextsTakeLinearTime(t *testing.T) {
	const limit = 5 * time.Second
	for name, l := range longTexts() {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			s, err := postgresql.Parse(l.text)
			took := time.Since(begin)
			require.Less(t, took, limit)
			t.Log(took, err)
			if !l.refused {
				require.NoError(t, err)
				require.Empty(t, structure(s))
				return
			}
			var e *tree.Error
			require.True(t, errors.As(err, &e), "it was read")
		})
	}
}
