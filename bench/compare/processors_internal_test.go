package compare

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
)

func TestProcessorTimeOfAServer(t *testing.T) {
	db := pgtest.Shared(t)
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("there is no /proc")
	}
	s := &server{dsn: db.TCPDSN()}
	require.NoError(t, s.look(t.Context()))
	require.NotNil(t, s.cpu)
	before := s.cpu()
	assert.Positive(t, before)
	require.NoError(t, db.Exec("do $$ declare t timestamp := clock_timestamp(); begin while clock_timestamp() < t + interval '0.2 s' loop end loop; end $$"))
	// The connection has ended, and the postmaster may not have noticed yet: another one makes it look.
	require.Eventually(t, func() bool {
		require.NoError(t, db.Exec("select 1"))
		return s.cpu()-before > 20*time.Millisecond // it may have had to share its core
	}, 20*time.Second, time.Millisecond)

	assert.Nil(t, processorTime(os.Getpid()), "which isn't PostgreSQL's")
	assert.Nil(t, processorTime(1<<30))
	p, ok := readProcess(strconv.Itoa(os.Getpid()))
	require.True(t, ok)
	assert.Equal(t, os.Getppid(), p.parent)
	assert.Positive(t, p.own)
}
