package ids_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/messages"
)

var (
	_ ids.Source = ids.Func(nil)
	_ ids.Source = (*ids.Table)(nil)
)

func TestFunc(t *testing.T) {
	failure := errors.New("no ids today")
	f := ids.Func(func(_ context.Context, table string, n int) ([]any, error) {
		switch table {
		case "fails":
			return nil, failure
		case "short":
			n--
		case "long":
			n++
		}
		list := make([]any, n)
		for i := range list {
			list[i] = table
		}
		return list, nil
	})
	got, err := f.Next(t.Context(), "t", 2)
	require.NoError(t, err)
	require.Equal(t, []any{"t", "t"}, got)
	_, err = f.Next(t.Context(), "fails", 2)
	require.Same(t, failure, err)
	for _, table := range []string{"short", "long"} {
		_, err = f.Next(t.Context(), table, 2)
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.ErrorContains(t, err, table)
	}
	_, err = ids.Func(nil).Next(t.Context(), "t", 1)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
}

// requireChecks requires that a source refuses what none can answer.
func requireChecks(t *testing.T, s ids.Source) {
	t.Helper()
	for _, test := range []struct {
		table string
		n     int
	}{{"", 1}, {"t", -1}, {"t", 1<<24 + 1}} {
		got, err := s.Next(t.Context(), test.table, test.n)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, test)
		require.Empty(t, got)
	}
	got, err := s.Next(t.Context(), "t", 0)
	require.NoError(t, err)
	require.Empty(t, got)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Next(over, "t", 1)
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.ErrorIs(t, err, context.Canceled)
}

func TestSourcesCheck(t *testing.T) {
	requireChecks(t, ids.UUIDv7())
	requireChecks(t, ids.Func(func(context.Context, string, int) ([]any, error) {
		assert.Fail(t, "it isn't called")
		return nil, nil
	}))
}

func TestUUIDv7Ascends(t *testing.T) {
	var last [16]byte
	for range 20 {
		got, err := ids.UUIDv7().Next(t.Context(), "t", 500)
		require.NoError(t, err)
		require.Len(t, got, 500)
		for _, id := range got {
			next := id.([16]byte)
			require.Equal(t, uuid.Version(7), uuid.UUID(next).Version())
			require.Equal(t, uuid.RFC4122, uuid.UUID(next).Variant())
			require.Equal(t, 1, bytes.Compare(next[:], last[:]), "%x after %x", next, last)
			last = next
		}
	}
}

func TestUUIDv7OfManyAtOnce(t *testing.T) {
	var mu sync.Mutex
	seen := map[any]bool{}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			got, err := ids.UUIDv7().Next(t.Context(), "t", 500)
			assert.NoError(t, err)
			mu.Lock()
			defer mu.Unlock()
			for _, id := range got {
				seen[id] = true
			}
		})
	}
	all.Wait()
	require.Len(t, seen, 20*500)
	pk, err := messages.NewPrimaryKey([16]byte{1})
	require.NoError(t, err)
	require.Equal(t, []any{[16]byte{1}}, pk.Values(), "as keys they stay what they are")
}
