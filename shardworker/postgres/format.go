package postgres

import (
	"fmt"
	"io"
)

// Format prints "a PostgreSQL backend" for every verb: fmt would otherwise read, field by field, what other goroutines
// write, and show what a configuration hides.
func (b *Backend) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "a PostgreSQL backend") }
