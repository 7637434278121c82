package sqlite_test

import (
	"strconv"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// engine is a real SQLite with an empty database in memory, which only prepares. It belongs to one goroutine.
type engine struct {
	tls *libc.TLS
	db  uintptr
	out uintptr // room for two pointers
}

func newEngine(t testing.TB) *engine {
	t.Helper()
	e := &engine{tls: libc.NewTLS()}
	e.out = libc.Xcalloc(e.tls, 2, 8)
	name := e.text(":memory:")
	require.Zero(t, sqlite3.Xsqlite3_open_v2(e.tls, name, e.out, sqlite3.SQLITE_OPEN_READWRITE|sqlite3.SQLITE_OPEN_CREATE, 0))
	libc.Xfree(e.tls, name)
	e.db = e.result()
	t.Cleanup(func() {
		sqlite3.Xsqlite3_close_v2(e.tls, e.db)
		libc.Xfree(e.tls, e.out)
		e.tls.Close()
	})
	return e
}

// result reads out, which is memory of libc.
func (e *engine) result() uintptr { return (**(**[2]uintptr)(unsafe.Pointer(&e.out)))[0] }

func (e *engine) tail() uintptr { return (**(**[2]uintptr)(unsafe.Pointer(&e.out)))[1] }

func (e *engine) text(s string) uintptr {
	p, err := libc.CString(s)
	if err != nil {
		panic(err)
	}
	return p
}

// prepared is what SQLite says of a text.
type prepared struct {
	message    string // empty if it accepts it
	parameters int    // the highest number
	indices    map[string]int
	rest       string // after the first statement
}

// prepare prepares the first statement of sql.
func (e *engine) prepare(sql string) prepared {
	text := e.text(sql)
	defer libc.Xfree(e.tls, text)
	if rc := sqlite3.Xsqlite3_prepare_v2(e.tls, e.db, text, -1, e.out, e.out+8); rc != sqlite3.SQLITE_OK {
		return prepared{message: libc.GoString(sqlite3.Xsqlite3_errmsg(e.tls, e.db))}
	}
	stmt := e.result()
	defer sqlite3.Xsqlite3_finalize(e.tls, stmt)
	rest := sql[int(e.tail()-text):]
	p := prepared{rest: rest, parameters: int(sqlite3.Xsqlite3_bind_parameter_count(e.tls, stmt)), indices: map[string]int{}}
	for i := range p.parameters {
		if name := libc.GoString(sqlite3.Xsqlite3_bind_parameter_name(e.tls, stmt, int32(i+1))); name != "" {
			p.indices[name] = i + 1
		}
	}
	return p
}

// value returns the first column of the first row of a SELECT with its type, or the error.
func (e *engine) value(sql string) string {
	text := e.text(sql)
	defer libc.Xfree(e.tls, text)
	if rc := sqlite3.Xsqlite3_prepare_v2(e.tls, e.db, text, -1, e.out, 0); rc != sqlite3.SQLITE_OK {
		return libc.GoString(sqlite3.Xsqlite3_errmsg(e.tls, e.db))
	}
	stmt := e.result()
	defer sqlite3.Xsqlite3_finalize(e.tls, stmt)
	if rc := sqlite3.Xsqlite3_step(e.tls, stmt); rc != sqlite3.SQLITE_ROW {
		return libc.GoString(sqlite3.Xsqlite3_errmsg(e.tls, e.db))
	}
	kind := sqlite3.Xsqlite3_column_type(e.tls, stmt, 0)
	return strconv.Itoa(int(kind)) + " " + libc.GoString(sqlite3.Xsqlite3_column_text(e.tls, stmt, 0))
}
