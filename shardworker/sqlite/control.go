package sqlite

import (
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
)

// control is a statement that begins or ends the transaction of a batch.
type control uint8

const (
	beginReads control = iota
	beginWrites
	commit
	rollback
)

var controlText = [...]string{beginReads: "BEGIN", beginWrites: "BEGIN IMMEDIATE", commit: "COMMIT", rollback: "ROLLBACK"}

// controls are a connection's, prepared when they are first needed.
type controls [len(controlText)]*statement

// control runs a control statement as a part of op.
func (c *connection) control(op string, which control) *messages.Error {
	s := c.controls[which]
	if s == nil {
		compiled, _, err := c.compile(op, controlText[which])
		if err != nil {
			return messages.OnShard(err, "", op, messages.ErrStatement)
		}
		s, c.controls[which] = compiled, compiled
	}
	rc := s.step(c)
	if rc != sqlite3.SQLITE_DONE {
		err := c.failed(op, rc)
		s.reset(c)
		return err
	}
	s.reset(c)
	return nil
}

func (k *controls) finalize(c *connection) {
	for i, s := range k {
		if s != nil {
			s.finalize(c)
			k[i] = nil
		}
	}
}
