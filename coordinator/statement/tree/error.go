package tree

import "fmt"

// Error says why a front end can't read a text.
type Error struct {
	// Offset is the byte where it gave up.
	Offset int
	// Detail says what was wrong there.
	Detail string
	// Unsupported says that the text may be valid for the database: it is beyond what the front end understands, or a bound
	// of it. Else it is certainly wrong, or no single statement.
	Unsupported bool
}

// Error describes the error with its place.
func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d", e.Detail, e.Offset) }

// Bounds that every front end keeps.
const (
	// MaxTextBytes is the length of the longest text that is parsed.
	MaxTextBytes = 1 << 20
	// MaxDepth is how deep a tree is at the most, counted in nodes. Chains of AND or OR count once, a left-deep chain of other
	// operators as often as it has operators.
	MaxDepth = 1000
)
