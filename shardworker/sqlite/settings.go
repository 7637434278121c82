package sqlite

import (
	"strings"

	sqlite3 "modernc.org/sqlite/lib"
)

// What a statement changes of its connection rather than of the database would meet the connection's next user. So such
// a connection is closed when it is released, and what [Config] says is set on the one that takes its place. SQLite carries out most settings while it prepares them, even when they are
// only explained, so the text tells, and tells it at the preparation.

// installBusyHandler makes SQLite ask the connection how long to wait for a lock. PRAGMA busy_timeout undoes it.
func (c *connection) installBusyHandler() {
	sqlite3.Xsqlite3_busy_handler(c.tls, c.db, callback(busyHandler), c.db)
}

// noteSettings looks at a statement that SQLite has just prepared, or failed to.
func (c *connection) noteSettings(sql string) {
	c.unsettled = c.unsettled || unsettles(sql)
	if c.unsettled {
		c.installBusyHandler()
	}
}

// unsettles reports whether a statement may leave the connection other than a new one is. It errs on the side of true.
func unsettles(sql string) bool {
	scan := words{text: sql}
	first, explained := strings.ToUpper(scan.next()), false
	for first == "EXPLAIN" || explained && (first == "QUERY" || first == "PLAN") {
		first, explained = strings.ToUpper(scan.next()), true
	}
	switch first {
	case "PRAGMA":
		rest := sql[scan.at:]
		return strings.ContainsAny(rest, "=(") && !onlyAsks(rest)
	case "ATTACH", "DETACH":
		return !explained
	case "CREATE", "ALTER", "DROP": // a temporary object may be called temp.name too, and temp may be quoted
		return !explained && strings.Contains(strings.ToLower(sql), "temp")
	default:
		return false
	}
}

// onlyAsks reports whether rest, which follows the word PRAGMA, is a question with an argument about the database.
func onlyAsks(rest string) bool {
	name, _, _ := strings.Cut(rest, "(")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "table_info", "table_xinfo", "table_list", "index_info", "index_xinfo", "index_list", "foreign_key_list",
		"foreign_key_check", "integrity_check", "quick_check", "wal_checkpoint", "incremental_vacuum", "optimize":
		return true
	default:
		return false
	}
}
