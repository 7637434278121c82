package actors

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestQueueThatIsNeverEmptyStaysSmall keeps a few messages waiting all the time.
func TestQueueThatIsNeverEmptyStaysSmall(t *testing.T) {
	m := &mailbox{}
	m.mu.running = true // somebody else's turn
	for i := range 5 {
		m.PostUserMessage(i)
	}
	for i := 5; i < 100_000; i++ {
		m.PostUserMessage(i)
		message, system, ok := m.take()
		require.True(t, ok)
		require.False(t, system)
		require.Equal(t, i-5, message)
	}
	require.Equal(t, 5, m.UserMessageCount())
	require.Less(t, cap(m.mu.user), 8192)
}

func TestFloodIsForgotten(t *testing.T) {
	m := &mailbox{}
	m.mu.running = true
	for i := range 10_000 {
		m.PostUserMessage(i)
	}
	for i := range 10_000 {
		message, _, _ := m.take()
		require.Equal(t, i, message)
	}
	require.Zero(t, cap(m.mu.user))
}
