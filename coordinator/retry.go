package coordinator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/troupedb/troupe/messages"
)

const (
	defaultAttempts = 10
	firstPause      = 2 * time.Millisecond // between two attempts, at the most
	longestPause    = 200 * time.Millisecond
)

// Retry runs f, which is told the number of the attempt, from 1, until it says not to run it again, succeeds, or fails with something else
// than a [messages.Conflict], with a short random pause between: at most attempts times, or 10 times if that is 0. It is what
// [Troupe.InTx] does, for other ways to run a transaction.
func Retry(ctx context.Context, attempts int, f func(attempt int) (again bool, err error)) error {
	if attempts == 0 {
		attempts = defaultAttempts
	}
	for attempt := 1; ; attempt++ {
		again, err := f(attempt)
		if err == nil || !again || !messages.Conflict(err) {
			return err
		}
		if attempt >= attempts {
			return fmt.Errorf("attempt %d, the last one: %w", attempt, err)
		}
		if !pause(ctx, attempt) {
			return &messages.Error{
				Code: messages.ErrCanceled, Op: "transaction",
				Detail: fmt.Sprintf("the context ended after attempt %d", attempt), Err: fmt.Errorf("%w: %w", ctx.Err(), err),
			}
		}
	}
}

// pause waits a random while before the next attempt, and reports false if ctx ends.
func pause(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(rand.N(min(firstPause<<min(attempt, 10), longestPause)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
