package demotest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// OwnNames requires of what -echo logged that each shard was sent its own name for its tables, and no other's.
func OwnNames(t *testing.T, stderr string, names map[messages.ShardID]string) {
	t.Helper()
	seen := map[messages.ShardID]bool{}
	for _, line := range strings.Split(stderr, "\n") {
		for id, name := range names {
			if strings.Contains(line, name) {
				require.Contains(t, line, "shard="+string(id)+" ")
				seen[id] = true
			}
		}
	}
	require.Len(t, seen, len(names))
}
