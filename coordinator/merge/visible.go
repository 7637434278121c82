package merge

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// visibility finds what the reader sees of rows: the description without the hidden columns. Shards that describe alike get
// one and the same, so that a reader who keeps plans for it needn't make them anew with every row.
type visibility struct {
	hidden int
	known  []*messages.Description // of rows so far, without the hidden columns
}

// maxKnown bounds how many descriptions are kept: on SQLite, where each row may have its own, only so many are likely to
// come back.
const maxKnown = 8

// of returns the visible part of d.
func (v *visibility) of(d *messages.Description) (*messages.Description, error) {
	n := len(d.Fields) - v.hidden
	if n < 0 {
		return nil, &messages.Error{
			Code: messages.ErrProtocol, Op: opMerge,
			Detail: fmt.Sprintf("rows have %d columns, and should have %d hidden ones besides their own", len(d.Fields), v.hidden),
		}
	}
	fields := d.Fields[:n:n]
	for _, k := range v.known {
		if k == d || plain(k) && plain(d) && describeAlike(k.Fields, fields) {
			return k, nil
		}
	}
	visible := d
	if v.hidden > 0 {
		visible = &messages.Description{Fields: fields, Types: d.Types, ScanPlans: d.ScanPlans}
	}
	if len(v.known) == maxKnown {
		v.known = v.known[:copy(v.known, v.known[1:])]
	}
	v.known = append(v.known, visible)
	return visible, nil
}

// plain reports whether pgx's own types are enough for d.
func plain(d *messages.Description) bool { return len(d.Types) == 0 && len(d.ScanPlans) == 0 }

// describeAlike reports whether two lists of fields are the same but for the table, which has another OID on each shard.
func describeAlike(a, b []pgconn.FieldDescription) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		f := b[i]
		f.TableOID, f.TableAttributeNumber = a[i].TableOID, a[i].TableAttributeNumber
		if f != a[i] {
			return false
		}
	}
	return true
}

// declared returns the visible part of what the shards declare; nil if they declare nothing.
func (v *visibility) declared(d *messages.Description) *messages.Description {
	if d == nil || v.hidden == 0 {
		return d
	}
	n := max(0, len(d.Fields)-v.hidden)
	return &messages.Description{Fields: d.Fields[:n:n], Types: d.Types, ScanPlans: d.ScanPlans}
}
