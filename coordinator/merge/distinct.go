package merge

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/troupedb/troupe/messages"
)

// distinctRows drops rows that are equal to an earlier one in every visible column. Rows that are equal have equal order
// keys, so it holds only those since the keys last changed.
type distinctRows struct {
	from       Merger
	identities identities
	hidden     int
	twins      []Twin
	order      []distinctKey // whose change empties the set
	budget     int64

	visible  *messages.Description // of the row before
	width    int                   // its columns, hidden ones included
	columns  []int                 // where the visible columns' values are told apart
	set      identitySet
	row, key []byte // encodings: of the row, of the order keys
	lastKey  []byte
	err      error // that ended it
}

func newDistinctRows(spec *Spec, from Merger, o *Options) *distinctRows {
	m := &distinctRows{
		from: from, identities: identities{dialect: spec.Dialect}, hidden: spec.Hidden, twins: spec.Twins, budget: o.Budget,
	}
	m.identities.collation = o.Distinct
	for i, k := range spec.Order {
		c := k.collation(o.Order, i)
		if c != CollationUnknown && !refines(o.Distinct, c) {
			break // rows that are equal may differ in this key
		}
		m.order = append(m.order, distinctKey{Key: k, collation: c})
	}
	return m
}

// refines reports whether texts that are equal under a are so under b.
func refines(a, b Collation) bool {
	return a == b || a == Bytewise || a == Locale || a == Labels
}

func (m *distinctRows) Description() *messages.Description { return m.from.Description() }

func (m *distinctRows) Next(ctx context.Context) (*Position, error) {
	if m.err != nil {
		return nil, m.err
	}
	for {
		at, err := m.from.Next(ctx)
		if err != nil {
			return nil, err
		}
		isNew, err := m.add(at)
		if err != nil {
			m.err = err
			return nil, err
		}
		if isNew {
			return at, nil
		}
	}
}

// add reports whether the row at is the first of its like.
func (m *distinctRows) add(at *Position) (isNew bool, err error) {
	if d := at.Batch().Description; at.Description() != m.visible || len(d.Fields) != m.width {
		if err := m.describe(d, at.Description()); err != nil {
			return false, err
		}
	}
	if len(m.order) > 0 {
		if m.key, err = m.identities.appendKeys(m.key[:0], at, m.order); err != nil {
			return false, err
		}
		if !bytes.Equal(m.key, m.lastKey) {
			m.set.clear()
			m.key, m.lastKey = m.lastKey, m.key
		}
	}
	m.row = m.row[:0]
	for _, column := range m.columns {
		if m.row, err = m.identities.append(m.row, at, column, m.identities.collation); err != nil {
			return false, err
		}
	}
	if len(m.row) == 0 {
		m.row = append(m.row, nullIdentity) // rows without columns are all alike
	}
	isNew = m.set.add(m.row)
	if m.set.bytes() > m.budget {
		return false, &messages.Error{
			Code: messages.ErrTooLarge, Op: opMerge,
			Detail: fmt.Sprintf("the %d distinct rows so far take more than %d bytes", m.set.count, m.budget),
		}
	}
	return isNew, nil
}

// describe finds the order keys in rows that d describes, and checks that the rows can be told from those so far.
func (m *distinctRows) describe(d, visible *messages.Description) error {
	if err := m.resolveColumns(d, visible); err != nil {
		return err
	}
	for i, column := range m.columns {
		if err := m.identities.admit(i, &d.Fields[column]); err != nil {
			return err
		}
	}
	usable := 0
	for ; usable < len(m.order); usable++ {
		k := &m.order[usable]
		column, err := k.resolve(d, m.hidden)
		if err != nil {
			return err
		}
		collated := kindOf(m.identities.dialect, &d.Fields[column]).isCollated()
		if !slices.Contains(m.columns, column) || collated && !k.collation.equates() {
			break // a hidden column may differ where the row doesn't, and texts that are equal here may lie apart
		}
		k.column = column
	}
	if usable < len(m.order) && m.visible != nil {
		usable = 0 // what the set has been emptied for can't be compared with shorter keys, so it isn't emptied any more
	}
	m.order = m.order[:usable]
	m.visible, m.width = visible, len(d.Fields)
	return nil
}

// resolveColumns finds the columns that tell rows apart.
func (m *distinctRows) resolveColumns(d, visible *messages.Description) error {
	m.columns = m.columns[:0]
	for i := range visible.Fields {
		m.columns = append(m.columns, i)
	}
	for _, t := range m.twins {
		own, stored := Key{Column: t.Column}, Key{Column: t.Stored}
		column, err := own.resolve(d, m.hidden)
		if err != nil {
			return err
		}
		if column >= len(visible.Fields) {
			return &messages.Error{Code: messages.ErrProtocol, Op: opMerge, Detail: fmt.Sprintf("column %d is hidden and has a twin", column)}
		}
		if m.columns[column], err = stored.resolve(d, m.hidden); err != nil {
			return err
		}
	}
	return nil
}
