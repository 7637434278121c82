package sqlite

import (
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
)

// statement is a prepared statement and what is known of it. It belongs to its connection.
type statement struct {
	handle       uintptr // *sqlite3_stmt; 0 for an empty text
	sql          string
	verb         verb
	tag          pgconn.CommandTag // of the last run that counted
	counted      int64             // what it counted
	readOnly     bool
	parameters   parameters
	columns      []column
	reprepared   int32                 // how often SQLite had prepared it again when columns were read
	shown        []kind                // room for those of a cursor's rows; there is one cursor at a time
	kinds        []kind                // those of described
	described    *messages.Description // of the last row that was described
	declared     *messages.Description // by the declared types
	newer, older *statement            // in the cache
}

// column is a result column.
type column struct {
	name     string
	declared declared
}

// prepare returns the statement that sql consists of, from the cache if it is there.
func (c *connection) prepare(op, sql string) (*statement, error) {
	if s := c.statements.get(sql); s != nil {
		return s, nil
	}
	s, rest, err := c.compile(op, sql)
	if err != nil {
		return nil, err
	}
	if err := c.refuseMore(op, sql, rest); err != nil {
		s.finalize(c)
		return nil, err
	}
	c.statements.put(c, s)
	return s, nil
}

// compile prepares the first statement of sql and returns the text after it.
func (c *connection) compile(op, sql string) (*statement, string, error) {
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return nil, "", invalidRequest(op, "the statement has a NUL byte at offset %d", i)
	}
	text := allocateString(c.tls, sql)
	defer libc.Xfree(c.tls, text)
	outStatement, outTail := c.out, c.out+ptrSize
	rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, int32(len(sql)+1), sqlite3.SQLITE_PREPARE_PERSISTENT, outStatement, outTail)
	if rc != sqlite3.SQLITE_OK {
		err := c.failed(op, rc)
		c.noteSettings(sql)
		return nil, "", err
	}
	end := int(uintptrAt(outTail) - text)
	c.noteSettings(sql[:end])
	s := &statement{handle: uintptrAt(outStatement), sql: sql}
	if s.handle == 0 {
		return s, "", nil // SQLite skips empty statements, so nothing follows either
	}
	s.verb = verbOf(sql[:end])
	s.readOnly = sqlite3.Xsqlite3_stmt_readonly(c.tls, s.handle) != 0
	s.parameters = c.parametersOf(s.handle, sql[:end])
	s.readColumns(c)
	return s, sql[end:], nil
}

// refuseMore returns an error if rest, the end of sql, has another statement. SQLite itself says whether it is one.
func (c *connection) refuseMore(op, sql, rest string) error {
	if strings.Trim(rest, "; \t\r\n\f") == "" {
		return nil
	}
	next, _, err := c.compile(op, rest)
	if err == nil {
		empty := next.handle == 0
		next.finalize(c)
		if empty {
			return nil
		}
	}
	scan := words{text: rest}
	word := scan.next()
	return invalidRequest(op, "a second statement begins at byte %d with %q; only Exec without arguments takes several",
		len(sql)-len(rest)+scan.start, word)
}

// readColumns reads the names and declared types of the columns. They change when SQLite prepares the statement again
// because the schema did.
func (s *statement) readColumns(c *connection) {
	n := int(sqlite3.Xsqlite3_column_count(c.tls, s.handle))
	s.columns = make([]column, n)
	for i := range s.columns {
		s.columns[i] = column{
			name:     libc.GoString(sqlite3.Xsqlite3_column_name(c.tls, s.handle, int32(i))),
			declared: declaredAs(libc.GoString(sqlite3.Xsqlite3_column_decltype(c.tls, s.handle, int32(i)))),
		}
	}
	s.reprepared = sqlite3.Xsqlite3_stmt_status(c.tls, s.handle, sqlite3.SQLITE_STMTSTATUS_REPREPARE, 0)
	s.kinds, s.described, s.declared = nil, nil, nil
}

// refresh reads the columns again if they may have changed.
func (s *statement) refresh(c *connection) {
	if sqlite3.Xsqlite3_stmt_status(c.tls, s.handle, sqlite3.SQLITE_STMTSTATUS_REPREPARE, 0) != s.reprepared {
		s.readColumns(c)
	}
}

// noKinds returns the kinds of columns that have shown nothing, for the only cursor that the statement can have.
func (s *statement) noKinds() []kind {
	if len(s.shown) != len(s.columns) {
		s.shown = make([]kind, len(s.columns))
	}
	clear(s.shown)
	return s.shown
}

// describe returns the description of columns of these kinds: the same one as long as they don't change.
func (s *statement) describe(kinds []kind) *messages.Description {
	if s.described == nil || !sameKinds(s.kinds, kinds) {
		s.kinds = append(s.kinds[:0], kinds...)
		s.described = s.description(func(i int) kind { return kinds[i] })
	}
	return s.described
}

// declares returns the description of the columns by their declared types.
func (s *statement) declares() *messages.Description {
	if s.declared == nil {
		s.declared = s.description(func(i int) kind { return s.columns[i].declared.column() })
	}
	return s.declared
}

func (s *statement) description(kindOf func(column int) kind) *messages.Description {
	fields := make([]pgconn.FieldDescription, len(s.columns))
	for i := range fields {
		fields[i] = kindOf(i).field(s.columns[i].name)
	}
	return &messages.Description{Fields: fields}
}

// step runs the statement to its next row, or to its end.
func (s *statement) step(c *connection) int32 { return sqlite3.Xsqlite3_step(c.tls, s.handle) }

// reset ends a run and frees what was bound. It returns what ending it came to: the commit may fail.
func (s *statement) reset(c *connection) int32 {
	rc := sqlite3.Xsqlite3_reset(c.tls, s.handle)
	c.unbind(s)
	return rc
}

func (s *statement) finalize(c *connection) {
	sqlite3.Xsqlite3_finalize(c.tls, s.handle)
	s.handle = 0
}

// run runs settings and the like, which take no arguments and whose rows don't matter. What took effect before an error
// doesn't matter either: they are run again.
func (c *connection) run(sql string) *messages.Error {
	_, err := c.exec(sql, nil)
	if err == nil {
		return nil
	}
	e := messages.OnShard(err, "", opExec, messages.ErrStatement)
	if cause, ok := e.Err.(*messages.Error); ok && e.Code == messages.ErrOutcomeUnknown {
		return cause
	}
	return e
}

// ask returns the text of the first value of the first row.
func (c *connection) ask(sql string) (string, *messages.Error) {
	s, _, err := c.compile(opQuery, sql)
	if err != nil {
		return "", messages.OnShard(err, "", opQuery, messages.ErrStatement)
	}
	defer s.finalize(c)
	if rc := s.step(c); rc != sqlite3.SQLITE_ROW {
		return "", c.failed(opQuery, rc)
	}
	return libc.GoString(sqlite3.Xsqlite3_column_text(c.tls, s.handle, 0)), nil
}
