package txtest_test

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/shardworker"
)

// trap is a backend that lets a test strike at a statement, before it is sent or after it was answered.
type trap struct {
	shardworker.Backend

	mu struct {
		sync.Mutex
		snares []*snare
		log    []string // the verbs of what reached the backend
	}
}

// snare waits for the nth statement of a verb. An error that before returns keeps the statement from being sent; one that
// after returns replaces its answer.
type snare struct {
	verb          string
	nth           int
	before, after func() error
	sprung        bool
}

// verbOf returns what a statement does to a transaction; "statement" for all others.
func verbOf(sql string) string {
	words := strings.Fields(strings.ToLower(strings.TrimRight(sql, "; \n\t")))
	if len(words) == 0 {
		return "statement"
	}
	switch words[0] {
	case "begin", "start":
		return "begin"
	case "commit", "end":
		return "commit"
	case "savepoint", "release":
		return words[0]
	case "rollback":
		if slices.Contains(words, "to") {
			return "rollback to"
		}
		return "rollback"
	}
	return "statement"
}

// arm sets s, and forgets what was set and what came before.
func (tr *trap) arm(s ...*snare) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.mu.snares, tr.mu.log = s, nil
}

// reached returns how many statements of a verb the backend got since arm.
func (tr *trap) reached(verb string) (n int) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, v := range tr.mu.log {
		if v == verb {
			n++
		}
	}
	return n
}

func (tr *trap) sprung() bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, s := range tr.mu.snares {
		if !s.sprung {
			return false
		}
	}
	return true
}

// enter counts a statement and returns what happens before and after it.
func (tr *trap) enter(sql string) (before, after func() error) {
	verb := verbOf(sql)
	tr.mu.Lock()
	defer tr.mu.Unlock()
	before, after = nothing, nothing
	for _, s := range tr.mu.snares {
		if s.verb != verb || s.sprung {
			continue
		}
		if s.nth--; s.nth > 0 {
			continue
		}
		s.sprung = true
		if s.before != nil {
			before = s.before
		}
		if s.after != nil {
			after = s.after
		}
	}
	return before, after
}

func (tr *trap) note(sql string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.mu.log = append(tr.mu.log, verbOf(sql))
}

func nothing() error { return nil }

// Location forwards what the backend knows.
func (tr *trap) Location() string {
	if l, ok := tr.Backend.(shardworker.Located); ok {
		return l.Location()
	}
	return ""
}

// Acquire returns a connection whose statements can be struck at.
func (tr *trap) Acquire(ctx context.Context, lane int) (shardworker.Conn, error) {
	c, err := tr.Backend.Acquire(ctx, lane)
	if err != nil {
		return nil, err
	}
	return &trapped{Conn: c, trap: tr}, nil
}

// trapped is a connection of a trap.
type trapped struct {
	shardworker.Conn
	trap *trap
}

// Exec runs a statement between what the trap does before and after.
func (c *trapped) Exec(ctx context.Context, sql string, args []any) (pgconn.CommandTag, error) {
	before, after := c.trap.enter(sql)
	if err := before(); err != nil {
		return pgconn.CommandTag{}, err
	}
	c.trap.note(sql)
	tag, err := c.Conn.Exec(ctx, sql, args)
	if err != nil {
		return tag, err
	}
	return tag, after()
}

// Query sends a statement between what the trap does before and after.
func (c *trapped) Query(ctx context.Context, sql string, args []any) (shardworker.Cursor, error) {
	before, after := c.trap.enter(sql)
	if err := before(); err != nil {
		return nil, err
	}
	c.trap.note(sql)
	cursor, err := c.Conn.Query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	if err := after(); err != nil {
		_, _ = cursor.Close()
		return nil, err
	}
	return cursor, nil
}

// TxStatus forwards.
func (c *trapped) TxStatus() byte { return c.Conn.(shardworker.TxConn).TxStatus() }

// CopyFrom forwards; it counts as a statement.
func (c *trapped) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	before, after := c.trap.enter("copy")
	if err := before(); err != nil {
		return 0, err
	}
	n, err := c.Conn.(shardworker.Copier).CopyFrom(ctx, table, columns, src)
	if err != nil {
		return n, err
	}
	return n, after()
}
