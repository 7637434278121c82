package sqlite

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

const opCopy = "copy"

var (
	_ shardworker.TxConn = (*lease)(nil)
	_ shardworker.Copier = (*lease)(nil)
)

// TxStatus returns 'T' in a transaction, and else 'I'.
func (l *lease) TxStatus() byte {
	if l.released || l.c.autocommit() {
		return 'I'
	}
	return 'T'
}

// CopyFrom inserts rows by statements of several rows each, in a savepoint of the transaction that is open, or in one of its
// own. The rows go from the source into SQLite's parameters at once.
func (l *lease) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, src pgx.CopyFromSource) (int64, error) {
	c := l.c
	if err := l.check(ctx, opCopy); err != nil {
		return 0, err
	}
	rows, err := shardworker.NewCopyRows(ctx, table, columns, src)
	if err == nil {
		err = checkCopied(table, columns)
	}
	if err != nil {
		return 0, err
	}
	c.begin(ctx)
	defer c.end()
	begin, commit, undo := "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"
	if !c.autocommit() {
		begin, commit, undo = "SAVEPOINT troupe_copy", "RELEASE troupe_copy", "ROLLBACK TO troupe_copy; RELEASE troupe_copy"
	}
	if err := c.runFor(opCopy, begin); err != nil {
		return 0, err
	}
	in := &copying{c: c, rows: rows, table: table, columns: columns}
	defer in.abandon(undo)
	if err := in.insertAll(); err != nil {
		return 0, err
	}
	if c.stopped() {
		return 0, &messages.Error{Code: messages.ErrCanceled, Op: opCopy, Err: c.stopCause()}
	}
	if err := c.runFor(opCopy, commit); err != nil {
		return 0, err
	}
	in.kept = true
	return in.inserted, nil
}

// runFor runs a statement of the package's own as a part of op.
func (c *connection) runFor(op, sql string) error {
	if err := c.run(sql); err != nil {
		named := *err
		named.Op = op
		return &named
	}
	return nil
}

// checkCopied refuses what SQLite would take for something else.
func checkCopied(table pgx.Identifier, columns []string) error {
	if len(table) > 2 {
		return invalidRequest(opCopy, "the table's name has %d parts: SQLite has a schema and a table", len(table))
	}
	for i, column := range columns {
		for _, other := range columns[:i] {
			if strings.EqualFold(column, other) {
				return invalidRequest(opCopy, "column %q is named twice", column)
			}
		}
	}
	return nil
}
