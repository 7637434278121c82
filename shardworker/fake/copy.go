package fake

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var (
	_ shardworker.TxConn = (*conn)(nil)
	_ shardworker.Copier = (*conn)(nil)
)

// Copy is what happens to the rows that are copied into a table. The zero value takes them all.
type Copy struct {
	// Steps are a Result of which only the steps are looked at: those at AtQuery are taken before the first row is asked for,
	// those of EachRow and AtRow before a row is, and those at AtCursorClose when all rows were taken. Defaults to none.
	Steps Result
	// Take is given each row, and makes the copy fail with its error. The values are the source's. Defaults to nil: any row will do.
	Take func(row []any) error
}

// Copied is an entry in the log of copies.
type Copied struct {
	Table   pgx.Identifier
	Columns []string
	// Rows is how many were taken, whatever became of them.
	Rows int64
	// Session is the number of the session that they were sent on, from 1.
	Session int
}

// HandleCopy says what happens to rows that are copied into table, a name as it would be written without quotes, such as "s.t"; ""
// is for all others, which are refused without it. A second HandleCopy for the same table replaces the first.
func (b *Backend) HandleCopy(table string, c Copy) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.copies[table] = c
}

// Copies returns all copies that were begun, in order.
func (b *Backend) Copies() []Copied {
	b.mu.Lock()
	defer b.mu.Unlock()
	copied := make([]Copied, len(b.mu.copied))
	for i, c := range b.mu.copied {
		copied[i] = *c
	}
	return copied
}

// copyOf begins a copy into table.
func (b *Backend) copyOf(table pgx.Identifier, columns []string, session int) (Copy, *Copied, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	entry := &Copied{Table: slices.Clone(table), Columns: slices.Clone(columns), Session: session}
	b.mu.copied = append(b.mu.copied, entry)
	name := strings.Join(table, ".")
	handler, ok := b.mu.copies[name]
	if !ok {
		handler, ok = b.mu.copies[""]
	}
	if !ok {
		return Copy{}, nil, &messages.Error{Code: messages.ErrStatement, Op: "fake", Detail: "no handler for a copy into " + name}
	}
	return handler, entry, nil
}

// CopyFrom gives the rows to what HandleCopy has registered.
func (c *conn) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	defer c.use("CopyFrom")()
	rows, err := shardworker.NewCopyRows(ctx, table, columns, src)
	if err != nil {
		return 0, err
	}
	cur, err := c.begin(ctx)
	if err != nil {
		return 0, err
	}
	err = cur.copy(table, columns, rows)
	cur.closed, cur.err = true, err
	c.finish(err)
	if err != nil {
		return 0, err
	}
	return rows.Count(), nil
}

func (cur *cursor) copy(table pgx.Identifier, columns []string, rows *shardworker.CopyRows) error {
	b := cur.c.b
	handler, entry, err := b.copyOf(table, columns, cur.c.session.number)
	if err != nil {
		return err
	}
	steps := handler.Steps
	steps.rows = -1 // EachRow counts for all of them
	pass := func(steps []Step) error { return b.pass(cur.ctx, steps, "copy", messages.ErrStatement) }
	if err := pass(steps.steps[AtQuery]); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := pass(steps.stepsAtRow(i)); err != nil {
			return err
		}
		row, err := rows.Next()
		if ended := ended(cur.ctx, "copy"); ended != nil {
			return ended
		}
		if err != nil {
			return err
		}
		if row == nil {
			return pass(steps.steps[AtCursorClose])
		}
		b.mu.Lock()
		entry.Rows++
		b.mu.Unlock()
		if handler.Take != nil {
			if err := handler.Take(row); err != nil {
				return messages.OnShard(err, "", "copy", messages.ErrStatement)
			}
		}
	}
}
