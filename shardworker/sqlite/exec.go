package sqlite

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
)

// exec runs sql for its effect.
func (c *connection) exec(sql string, args []any) (pgconn.CommandTag, error) {
	args, err := withoutOptions(opExec, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	if len(args) > 0 {
		s, err := c.prepare(opExec, sql)
		if err != nil {
			return pgconn.CommandTag{}, err
		}
		return c.execStatement(s, args)
	}
	if s := c.statements.get(sql); s != nil {
		return c.execStatement(s, nil)
	}
	return c.execScript(sql)
}

// execScript runs the statements of sql, which isn't in the cache, in order. A single one is kept for the next time.
func (c *connection) execScript(sql string) (tag pgconn.CommandTag, _ error) {
	single, lasting := true, false
	number, idle := 0, c.autocommit()
	for rest := sql; rest != ""; {
		number++
		s, after, err := c.compile(opExec, rest)
		if err != nil {
			return pgconn.CommandTag{}, afterOthers(err, number, lasting)
		}
		if s.handle == 0 {
			break
		}
		single = single && after == ""
		if single {
			c.statements.put(c, s)
		}
		wrote := !s.readOnly || c.writing()
		tag, err = c.execStatement(s, nil)
		if !single {
			s.finalize(c)
		}
		if err != nil {
			return pgconn.CommandTag{}, afterOthers(err, number, lasting)
		}
		lasting = lasting || wrote && c.autocommit() && s.verb.tag != "ROLLBACK"
		rest = after
	}
	if idle && !single && !c.autocommit() {
		return pgconn.CommandTag{}, afterOthers(c.unended(), number, lasting)
	}
	return tag, nil
}

// unended rolls back the transaction that a script has begun and left open, and returns the error of the script: the connection is
// given back after it, and nobody would learn that it took no effect.
func (c *connection) unended() error {
	if err := c.run("ROLLBACK"); err != nil {
		return err
	}
	return &messages.Error{
		Code: messages.ErrInvalidRequest, Op: opExec,
		Detail: "the statement left a transaction open, which was rolled back; it has to end with a COMMIT",
	}
}

// afterOthers returns err, which ended a script at a statement. If changes by those before last, the script as a whole is
// neither done nor undone.
func afterOthers(err error, number int, lasting bool) error {
	if !lasting {
		return err
	}
	return &messages.Error{
		Code: messages.ErrOutcomeUnknown, Op: opExec, Err: err,
		Detail: fmt.Sprintf("statement %d of the script failed after others had taken effect", number),
	}
}

// autocommit reports whether no transaction is open.
func (c *connection) autocommit() bool { return sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) != 0 }

// writing reports whether a transaction is open that has written, or has the right to.
func (c *connection) writing() bool {
	return sqlite3.Xsqlite3_txn_state(c.tls, c.db, 0) == sqlite3.SQLITE_TXN_WRITE
}

// execStatement runs s to its end. Rows are passed over.
func (c *connection) execStatement(s *statement, args []any) (pgconn.CommandTag, error) {
	if s.handle == 0 {
		if len(args) > 0 {
			return pgconn.CommandTag{}, invalidRequest(opExec, "the statement is empty and got %d arguments", len(args))
		}
		return pgconn.CommandTag{}, nil
	}
	if err := c.bindAll(opExec, s, args); err != nil {
		s.reset(c)
		return pgconn.CommandTag{}, err
	}
	rows := int64(0)
	rc := s.step(c)
	for ; rc == sqlite3.SQLITE_ROW; rc = s.step(c) {
		if rows == 0 && c.stopped() {
			c.interruptDatabase()
		}
		rows++
	}
	if rc != sqlite3.SQLITE_DONE {
		err := c.failed(opExec, rc)
		s.reset(c)
		return pgconn.CommandTag{}, err
	}
	tag := s.commandTag(c, rows)
	s.reset(c)
	return tag, nil
}
