package sqlite

import (
	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// Texts and byte strings are bound where the C library can read them: in the connection's scratch memory if they fit, else
// in memory of their own, which SQLite frees when the parameter is bound again.

// scratchBytes is enough for the arguments of most statements.
const scratchBytes = 4 << 10

// scratch is memory for the arguments of one run.
type scratch struct {
	start uintptr
	used  int
	bound []int32 // the parameters that point into memory
}

// place returns memory for n bytes and who frees it: 0 for nobody.
func (c *connection) place(n int) (p, free uintptr) {
	if c.scratch.used+n <= scratchBytes {
		p = c.scratch.start + uintptr(c.scratch.used)
		c.scratch.used += n
		return p, 0
	}
	return libc.Xmalloc(c.tls, types.Size_t(n)), callback(libc.Xfree)
}

// unbind lets go of the arguments' memory. Only what points into memory is set to NULL: since SQLite 3.54 clearing an
// integer makes some statements be prepared again.
func (c *connection) unbind(s *statement) {
	for _, index := range c.scratch.bound {
		sqlite3.Xsqlite3_bind_null(c.tls, s.handle, index)
	}
	c.scratch.bound, c.scratch.used = c.scratch.bound[:0], 0
}

func (c *connection) bindText(op string, s *statement, index int, v string) error {
	p, free := c.place(max(len(v), 1))
	if p == 0 {
		return c.bound(op, sqlite3.SQLITE_NOMEM)
	}
	copy(bytesAt(p, len(v)), v)
	c.scratch.bound = append(c.scratch.bound, int32(index))
	return c.bound(op, sqlite3.Xsqlite3_bind_text64(c.tls, s.handle, int32(index), p, uint64(len(v)), free, sqlite3.SQLITE_UTF8))
}

func (c *connection) bindBlob(op string, s *statement, index int, v []byte) error {
	p, free := c.place(max(len(v), 1))
	if p == 0 {
		return c.bound(op, sqlite3.SQLITE_NOMEM)
	}
	copy(bytesAt(p, len(v)), v)
	c.scratch.bound = append(c.scratch.bound, int32(index))
	return c.bound(op, sqlite3.Xsqlite3_bind_blob64(c.tls, s.handle, int32(index), p, uint64(len(v)), free))
}

func (c *connection) bindInteger(op string, s *statement, index int, v int64) error {
	return c.bound(op, sqlite3.Xsqlite3_bind_int64(c.tls, s.handle, int32(index), v))
}

func (c *connection) bindDouble(op string, s *statement, index int, v float64) error {
	return c.bound(op, sqlite3.Xsqlite3_bind_double(c.tls, s.handle, int32(index), v))
}

func (c *connection) bindNull(op string, s *statement, index int) error {
	return c.bound(op, sqlite3.Xsqlite3_bind_null(c.tls, s.handle, int32(index)))
}

func (c *connection) bound(op string, rc int32) error {
	if rc == sqlite3.SQLITE_OK {
		return nil
	}
	return c.failed(op, rc)
}
