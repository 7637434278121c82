package sqlite

import (
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Group commit: writes that wait for the writer at the same time have one transaction, and one commit. Each has to come out as if it had
// had its own. SQLite sees to most of that, since it undoes a failing statement alone. What it doesn't, a statement shows by what
// it leaves:
//
//   - no transaction: a conflict with ROLLBACK, an interrupt in mid-write, a full disk or the like has undone the others too;
//   - deferred foreign keys that are violated: alone it would have failed at its commit. Before it there were none, because of this rule, so
//     it can neither hide behind another's repair nor repair another's;
//   - no lock where it needed a stronger one than the group has, which is so where the group's pages don't fit in memory;
//   - damage to the database, after which SQLite lets the transaction neither write nor commit;
//   - more rows than a batch may return.
//
// Then the transaction is undone, that statement is left to run alone, and the others run again without it.

// maxRounds bounds how often statements are run again because of others. Those that are left then run alone.
const maxRounds = 8

// writes runs the statements in as few transactions as their failures allow.
func (r *batchRun) writes() {
	for range maxRounds {
		if r.group() {
			return
		}
	}
	for _, m := range r.batch {
		if m.Outcome.Err == nil || m.Context.Err() == nil {
			settle(m, shardworker.Outcome{Again: true})
		}
	}
}

// group runs the statements in one transaction, but for those that are to run alone, and reports whether all are settled. If it reports
// false, one more is to run alone, and no statement has had an effect.
func (r *batchRun) group() bool {
	c := r.c
	c.lock = lockWait{}
	if err := c.control(opExec, beginWrites); err != nil {
		r.undo(err, true)
		return true
	}
	for _, m := range r.batch {
		if m.Outcome.Again || !m.Begin() {
			continue
		}
		if r.run(m); c.stopped() {
			r.leave(rollback)
			r.again()
			return true
		}
		if r.spoils(m) {
			r.leave(rollback)
			if m.Context.Err() == nil || m.Outcome.Err == nil {
				settle(m, shardworker.Outcome{Again: true})
			}
			return false
		}
	}
	c.lock = lockWait{}
	if err := c.control(opExec, commit); err != nil {
		// Without a WAL the end of the journal is what commits, and it may have come although it wasn't confirmed.
		r.undo(err, c.backend.cfg.Journal == "WAL" || err.Code == messages.ErrStatement)
	}
	return true
}

// undo ends a transaction that couldn't begin or be committed. No lock is no lock for all. Else it may be one statement's fault (there is no
// room for its rows), and another may have an error of its own that comes before this one, so each is to show by itself if
// surely none has had an effect.
func (r *batchRun) undo(err *messages.Error, surely bool) {
	r.leave(rollback)
	if err.Code == messages.ErrBusy || err.Code == messages.ErrCanceled || !surely {
		r.fail(err)
	} else {
		r.again()
	}
}

// spoils reports whether m has to run alone, because the transaction isn't what it was before m, or because m would have
// come to something else alone.
func (r *batchRun) spoils(m *shardworker.Shared) bool {
	err := m.Outcome.Err
	return m.Outcome.Again || r.c.autocommit() || is(err, messages.ErrBusy) || is(err, messages.ErrDamaged) || r.c.violated()
}

// violated reports whether the transaction has violated deferred foreign keys so far.
func (c *connection) violated() bool {
	if rc := sqlite3.Xsqlite3_db_status(c.tls, c.db, sqlite3.SQLITE_DBSTATUS_DEFERRED_FKS, c.out, c.out+4, 0); rc != sqlite3.SQLITE_OK {
		return true
	}
	return *int32At(c.out) != 0
}
