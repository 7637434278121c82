package sqlite

import (
	"strings"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var _ shardworker.Batcher = (*Backend)(nil)

// Company returns AmongReads for a single SELECT or VALUES whose rows are wanted, and AmongWrites, unless [Config.NoGroupCommit] is
// set, for a single INSERT, REPLACE, UPDATE or DELETE; both also after a WITH. The rest is Alone, and so is a text with the name of a
// function that tells of the connection's last change: changes, total_changes and last_insert_rowid.
func (b *Backend) Company(sql string, _ []any, wantRows bool) shardworker.Company {
	company := shardworker.Alone
	switch writes := messages.MayWrite(sql); {
	case writes && !b.cfg.NoGroupCommit && changesRows(sql):
		company = shardworker.AmongWrites
	case !writes && wantRows && readsRows(sql):
		company = shardworker.AmongReads
	}
	if company != shardworker.Alone && asksForLastChange(sql) {
		return shardworker.Alone
	}
	return company
}

func changesRows(sql string) bool {
	switch singleVerb(sql) {
	case "INSERT", "REPLACE", "UPDATE", "DELETE":
		return true
	}
	return false
}

func readsRows(sql string) bool {
	switch singleVerb(sql) {
	case "SELECT", "VALUES":
		return true
	}
	return false
}

// singleVerb returns what the only statement of sql does, in upper case, and "" if there may be another.
func singleVerb(sql string) string {
	scan := words{text: sql}
	verb := strings.ToUpper(scan.next())
	if verb == "WITH" {
		verb = scan.verbAfterWith()
	}
	if strings.IndexByte(sql, ';') < 0 {
		return verb
	}
	for scan.next() != "" {
		continue
	}
	if scan.ended > 0 && strings.Trim(sql[scan.ended:], "; \t\r\n\f") != "" {
		return ""
	}
	return verb
}

// asksForLastChange reports whether sql holds the name of a function that tells of the connection's last change. Beside such a
// function in one transaction would be others' changes, some of which may have been made twice. Names can be quoted, so it looks everywhere.
func asksForLastChange(sql string) bool {
	return containsFold(sql, "changes") || containsFold(sql, "last_insert_rowid")
}

// containsFold reports whether sql holds name, which is in lower case, in any case.
func containsFold(sql, name string) bool {
	for i := 0; i+len(name) <= len(sql); i++ {
		if sql[i]|0x20 == name[0] && strings.EqualFold(sql[i:i+len(name)], name) {
			return true
		}
	}
	return false
}
