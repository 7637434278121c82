// Package troupetest helps a user's tests to assert what a troupe does: which shards a call touched, and which it would. It
// starts no database.
package troupetest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// TB is what is used of a testing.TB.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Toucher tells which shards were touched: a *coordinator.Rows, or what [coordinator.WatchTouched] returns.
type Toucher interface {
	Shards() []messages.ShardID
}

// AssertTouched reports an error, and returns false, unless exactly these shards were touched, in any order.
func AssertTouched(t TB, touched Toucher, want ...messages.ShardID) bool {
	t.Helper()
	return equal(t, "touched", touched.Shards(), want)
}

// AssertRoute reports an error, and returns false, unless the statement would be sent to exactly these shards. It asks
// [coordinator.Troupe.Explain]: nothing is run.
func AssertRoute(ctx context.Context, t TB, troupe *coordinator.Troupe, want []messages.ShardID, sql string, args ...any) bool {
	t.Helper()
	e, err := troupe.Explain(ctx, sql, args...)
	if err != nil {
		t.Errorf("%s: %v", sql, err)
		return false
	}
	if e.Refusal != nil {
		t.Errorf("%s: refused for %q: %s", sql, e.Refusal.Code, e.Refusal.Reason)
		return false
	}
	return equal(t, "would touch", e.Targets(), want)
}

// AssertRefused reports an error, and returns false, unless err is the refusal of a statement for that reason.
func AssertRefused(t TB, err error, want statement.Code) bool {
	t.Helper()
	var refusal *statement.Refusal
	switch {
	case !errors.As(err, &refusal):
		t.Errorf("not refused: %v", err)
	case refusal.Code != want:
		t.Errorf("refused for %q, not %q: %v", refusal.Code, want, err)
	default:
		return true
	}
	return false
}

func equal(t TB, did string, got, want []messages.ShardID) bool {
	t.Helper()
	g, w := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(g, w) {
		return true
	}
	t.Errorf("%s", fmt.Sprintf("%s %v, not %v", did, g, w))
	return false
}
