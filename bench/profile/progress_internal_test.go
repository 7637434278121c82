package profile

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// screen notes what is printed, and tells when something was.
type screen struct {
	mu      sync.Mutex
	text    bytes.Buffer
	printed chan struct{}
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.printed <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

func TestProgressWipesItselfOut(t *testing.T) {
	s := &screen{printed: make(chan struct{}, 1)}
	p := startProgress(s, "1 of 2: test_one", time.Millisecond)
	<-s.printed
	<-s.printed // again
	p.stop()
	require.Contains(t, s.text.String(), "1 of 2: test_one: 0 s")
	require.True(t, bytes.HasSuffix(s.text.Bytes(), []byte("\r\x1b[K")))
}

func TestProgressIsForTerminalsOnly(t *testing.T) {
	require.Nil(t, showProgress(&bytes.Buffer{}, "test_one"))
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	p := showProgress(file, "test_one")
	require.Nil(t, p)
	p.stop()
}
