package bulktest_test

import (
	"fmt"
	"math/big"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker/fake"
)

// sealed keeps what it has where other packages can't look.
type sealed struct {
	text   *string
	parts  []string
	byName map[string]string
	any    any
}

// chain is a value that refers to another, and so on.
type chain struct {
	Next *chain
	Text string
}

// TestCopyCountsWhatValuesReferTo has one shard wait while the source has large rows for it, in whatever form.
func TestCopyCountsWhatValuesReferTo(t *testing.T) {
	const size, rows, few = 100 << 10, 300, 12
	large := func() string { return strings.Repeat("x", size) }
	chained := func(links int) any {
		c := &chain{Text: large()}
		for range links {
			c = &chain{Next: c}
		}
		return c
	}
	for name, c := range map[string]struct {
		value func() any
		held  int // rows at the most
	}{
		"text":                 {func() any { return large() }, few},
		"pgtype.Text":          {func() any { return pgtype.Text{String: large(), Valid: true} }, few},
		"pgtype.Numeric":       {func() any { return pgtype.Numeric{Int: new(big.Int).Lsh(big.NewInt(1), 8*size), Valid: true} }, few},
		"texts":                {func() any { return []string{"", large()} }, few},
		"byte slices":          {func() any { return [][]byte{make([]byte, 1, size)} }, few},
		"pgtype.FlatArray":     {func() any { return pgtype.FlatArray[pgtype.Text]{{}, {String: large(), Valid: true}} }, few},
		"map":                  {func() any { return map[string]any{"a": 1, "b": []any{large()}} }, few},
		"map's keys":           {func() any { return map[string]bool{large(): true} }, few},
		"pointer":              {func() any { s := large(); return &s }, few},
		"pointer to a pointer": {func() any { s := large(); p := &s; return &p }, few},
		"pointer to an array":  {func() any { return &struct{ Data [size]byte }{} }, few},
		"array":                {func() any { return [size]byte{} }, few},
		"array of texts":       {func() any { return [2]string{"", large()} }, few},
		"hidden text":          {func() any { s := large(); return sealed{text: &s} }, few},
		"hidden texts":         {func() any { return &sealed{parts: []string{large()}} }, few},
		"hidden map":           {func() any { return sealed{byName: map[string]string{"a": large()}} }, few},
		"hidden interface":     {func() any { return sealed{any: large()} }, few},
		"chain":                {func() any { return chained(10) }, few},
		"chain too long":       {func() any { return chained(100) }, few},
		"ring": {func() any {
			ring := &chain{}
			ring.Next = ring
			return ring
		}, few},
		"list of itself": {func() any {
			list := make([]any, 3)
			list[0], list[1], list[2] = list, list, list
			return list
		}, few},
		"time":        {func() any { return pgtype.Timestamptz{Time: time.Now(), Valid: true} }, rows},
		"small texts": {func() any { return []string{"a", "b"} }, rows},
		"nothing":     {func() any { return (*sealed)(nil) }, rows},
	} {
		t.Run(name, func(t *testing.T) {
			troupe, backends := scripted(t, nil)
			gate := fake.NewGate()
			backends[2].HandleCopy("item", fake.Copy{Steps: fake.Tag("").At(fake.AtRow(1), fake.Wait(gate))})
			var asked atomic.Int64
			done := make(chan error, 1)
			go func() {
				n, err := troupe.CopyFrom(within(t), item, columns, pgx.CopyFromFunc(func() ([]any, error) {
					if asked.Add(1) > rows {
						return nil, nil
					}
					return []any{c.value(), 2, "x"}, nil
				}))
				if err == nil && n != rows {
					err = fmt.Errorf("%d rows", n)
				}
				done <- err
			}()
			<-gate.Arrived()
			if c.held == rows { // they are all in one or two chunks
				require.Eventually(t, func() bool { return asked.Load() > rows }, patience, patience/4000)
			} else {
				held := int64(0)
				require.Eventually(t, func() bool {
					before := held
					held = asked.Load()
					return held > 1 && held == before
				}, patience, patience/400)
				require.LessOrEqual(t, held, int64(c.held))
			}
			gate.Open()
			require.NoError(t, <-done)
		})
	}
}
