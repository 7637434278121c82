package merge

import (
	"fmt"

	"github.com/troupedb/troupe/messages"
)

// resolve returns the place of the key's column in rows that d describes, of which the last hidden columns are hidden.
func (k *Key) resolve(d *messages.Description, hidden int) (int, error) {
	if k.Name != "" {
		return k.resolveName(d, hidden)
	}
	column := k.Column
	if column < 0 {
		column += len(d.Fields)
	}
	if column < 0 || column >= len(d.Fields) {
		return 0, &messages.Error{
			Code: messages.ErrProtocol, Op: opMerge,
			Detail: fmt.Sprintf("the key is column %d of rows that have %d columns", k.Column, len(d.Fields)),
		}
	}
	return column, nil
}

func (k *Key) resolveName(d *messages.Description, hidden int) (int, error) {
	found := -1
	for i := range max(0, len(d.Fields)-hidden) {
		switch {
		case d.Fields[i].Name != k.Name:
		case found >= 0:
			return 0, refused("the rows have two columns %q, and are ordered or told apart by one: name it differently", k.Name)
		default:
			found = i
		}
	}
	if found < 0 {
		return 0, refused("the rows have no column %q to be ordered or told apart by", k.Name)
	}
	return found, nil
}

// collation returns the collation of key i: as the statement says it, or as it was looked up.
func (k *Key) collation(looked []Collation, i int) Collation {
	if k.Collation == CollationUnknown && i < len(looked) {
		return looked[i]
	}
	return k.Collation
}
