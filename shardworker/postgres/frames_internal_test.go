//go:build unix

package postgres

import (
	"encoding/binary"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestFramesAnyCut cuts a stream of messages anywhere and compares with where they really end.
func TestFramesAnyCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var ends []int
		for _, size := range rapid.SliceOfN(rapid.IntRange(0, 40), 1, 20).Draw(t, "sizes") {
			kind := rapid.SampledFrom([]byte("DDDCNSAZ")).Draw(t, "kind")
			stream = append(stream, kind)
			stream = binary.BigEndian.AppendUint32(stream, uint32(size+4))
			stream = append(stream, make([]byte, size)...)
			if kind != 'N' && kind != 'S' && kind != 'A' {
				ends = append(ends, len(stream))
			}
		}
		var f frames
		for read := 0; read < len(stream); {
			n := rapid.IntRange(1, len(stream)-read).Draw(t, "cut")
			f.scan(stream[read : read+n])
			read += n
			last := 0
			for _, end := range ends {
				if end <= read {
					last = end
				}
			}
			assert.EqualValues(t, read, f.read.Load())
			assert.EqualValues(t, last, f.whole.Load())
		}
	})
}

func TestAnnouncedEnd(t *testing.T) {
	message := func(kind byte, body string) []byte {
		return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(body)+4)), body...)
	}
	fatal := message('E', "SFATAL\x00C57P01\x00")
	crash := message('N', "SWARNING\x00VWARNING\x00C57P02\x00Mterminating connection because of crash")
	notice := message('N', "SNOTICE\x00C00000\x00")
	parameter := message('S', "TimeZone\x00UTC\x00")
	assert.True(t, announcesEnd(fatal))
	assert.True(t, announcesEnd(crash))
	assert.True(t, announcesEnd(crash[:40]))
	assert.True(t, announcesEnd(append(notice, fatal...)))
	assert.False(t, announcesEnd(notice))
	assert.False(t, announcesEnd(append(parameter, notice...)))
	assert.False(t, announcesEnd(parameter[:3]))
	assert.False(t, announcesEnd(nil))
}

// TestFramesAreReadWhileTheyAreDrained: pgx drains a connection that it closes while its background reader may still be
// at it. The race detector is the judge.
func TestFramesAreReadWhileTheyAreDrained(t *testing.T) {
	client, server := net.Pipe()
	f := &frames{Conn: client}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			buffer := make([]byte, 7)
			for {
				if _, err := f.Read(buffer); err != nil {
					return
				}
			}
		})
	}
	for range 100 {
		_, err := server.Write([]byte("D\x00\x00\x00\x08abcd"))
		require.NoError(t, err)
	}
	require.NoError(t, server.Close())
	wg.Wait()
	require.NoError(t, client.Close())
}
